/** An HTTP server on loopback that answers as a test says, and remembers what it was sent. It ends with its scope. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** null: no answer. "break": the connection is closed. */
type Handler = (seen: Seen, n: number) => Answer | null | "break"

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port

/** @returns its port, and every request in order. */
export const recorder = (handler: Handler = () => ({})) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const seen: Array<Seen> = []
      const waiting = new Set<() => void>()
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { headers, method = "", url = "" } = request
          const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") }
          seen.push(one)
          for (const tell of waiting) tell()
          const answer = handler(one, seen.length)
          if (answer === null) return
          if (answer === "break") return void request.socket.destroy()
          response.writeHead(answer.status ?? 200, { connection: "close", ...answer.headers })
          response.end(answer.body ?? "")
        })
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      /** Waits for so many requests. */
      const until = (count: number) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (seen.length < count) return
            waiting.delete(look)
            resolve()
          }
          waiting.add(look)
          look()
        })
      return { server, port: portOf(server), seen, until }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )
