import { createServer, type ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { briefFetch } from "../src/telemetry/briefFetch.ts"

/** @returns its URL, and whether the connections of all its answers have ended. */
const collector = (answer: (response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly url: string; readonly ended: Promise<void>; readonly stop: () => void }>((resolve) => {
          let end = () => {}
          const ended = new Promise<void>((done) => {
            end = done
          })
          const server = createServer((request, response) => {
            request.resume()
            response.once("close", end)
            answer(response)
          })
          const stop = () => {
            server.close()
            server.closeAllConnections()
          }
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resolve({ url: `http://127.0.0.1:${port}`, ended, stop })
          })
        })
    ),
    ({ stop }) => Effect.sync(stop)
  )

const floods = (response: ServerResponse): void => {
  const chunk = Buffer.alloc(64 * 1024, "x")
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on("drain", more)
  more()
}

describe("a request to a collector", () => {
  it.live("ends, and closes the connection, if the answer has no end", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* collector(floods)
      const answer = yield* Effect.promise(() => briefFetch(url, { method: "POST", body: "spans" }))
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(yield* Effect.promise(() => answer.text()), "")
      yield* Effect.promise(() => ended)
    }).pipe(Effect.scoped)
  )

  it.live("waits for the end of a short answer, so that a time limit holds for it", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* collector((response) => void response.write("{"))
      const ran = Effect.tryPromise((signal) => briefFetch(url, { method: "POST", body: "spans", signal }))
      assert.isTrue((yield* Effect.timeoutOption(ran, "300 millis"))._tag === "None")
      yield* Effect.promise(() => ended)
    }).pipe(Effect.scoped)
  )

  it.live("gives the status and the headers, which say when to try again", () =>
    Effect.gen(function* () {
      const { url } = yield* collector((response) => void response.writeHead(429, { "retry-after": "7" }).end("{}"))
      const answer = yield* Effect.promise(() => briefFetch(url, { method: "POST", body: "spans" }))
      assert.deepStrictEqual([answer.status, answer.headers.get("retry-after")], [429, "7"])
    }).pipe(Effect.scoped)
  )

  it.live("does not follow a redirect, which would take secret headers to another host", () =>
    Effect.gen(function* () {
      let isCalled = false
      const other = yield* collector((response) => {
        isCalled = true
        response.end()
      })
      const { url } = yield* collector((response) => void response.writeHead(307, { location: other.url }).end())
      const answer = yield* Effect.promise(() =>
        briefFetch(url, { method: "POST", headers: { "x-api-key": "secret" } })
      )
      assert.strictEqual(answer.status, 307)
      assert.isFalse(isCalled)
    }).pipe(Effect.scoped)
  )
})
