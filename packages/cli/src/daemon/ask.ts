/** Requests to the socket of the daemon. */
import { type ClientRequest, type IncomingMessage, request as send } from "node:http"
import * as Effect from "effect/Effect"

export interface Answer {
  readonly status: number
  readonly text: string
}

export const asked = (socketPath: string, path: string, body: string | null) => {
  const sent: ClientRequest = send({
    ...{ socketPath, path, method: body === null ? "GET" : "POST", agent: false },
    headers: { host: "localhost", ...(body === null ? {} : { "content-type": "application/json" }) }
  })
  sent.end(body ?? undefined)
  return sent
}

/** null: nothing answers. */
export const answerOf = (socketPath: string, path: string, body: string | null) =>
  Effect.callback<Answer | null>((resume) => {
    const sent = asked(socketPath, path, body)
    sent.on("error", () => resume(Effect.succeed(null)))
    sent.on("response", (response: IncomingMessage) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, text })))
      response.on("error", () => resume(Effect.succeed(null)))
    })
    return Effect.sync(() => sent.destroy())
  })
