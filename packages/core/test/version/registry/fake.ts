/** A registry that answers as a test says: for what a well-behaved one does not do. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"

export interface FakeRegistry {
  readonly host: string
  /** `<method> <path>`, in order. */
  readonly asked: ReadonlyArray<string>
}

/** @param address that it listens at. */
export const fakeRegistry = (
  handle: (request: IncomingMessage, response: ServerResponse, host: string) => void,
  at = "127.0.0.1"
) =>
  Effect.acquireRelease(
    Effect.callback<FakeRegistry & { readonly close: () => void }>((resume) => {
      const asked: Array<string> = []
      let host = ""
      const server = createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        handle(request, response, host)
      })
      server.listen(0, at, () => {
        const address = server.address()
        host = `${at}:${typeof address === "object" && address !== null ? address.port : 0}`
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ host, asked, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
