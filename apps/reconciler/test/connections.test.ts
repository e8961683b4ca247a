import { createServer, get } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { limitConnections } from "../src/http/connections.ts"

const serving = Effect.acquireRelease(
  Effect.promise(
    () =>
      new Promise<{ readonly port: number; readonly close: () => void }>((resolve) => {
        // `/late` is never answered in full, `/large` is more than a socket takes, and a body is waited for.
        const server = createServer((request, response) => {
          if (request.url === "/late") response.write("begun")
          else if (request.url === "/large") response.end("x".repeat(50_000_000))
          else request.resume().on("end", () => response.end("ok"))
        })
        limitConnections(server, 3)
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as AddressInfo).port, close }))
      })
  ),
  ({ close }) => Effect.sync(close)
)

const opened = (port: number, bytes = "") =>
  Effect.promise(
    () =>
      new Promise<Socket>((resolve) => {
        const socket = connect(port, "127.0.0.1")
        socket.on("error", () => undefined)
        socket.on("connect", () => {
          if (bytes === "") resolve(socket)
          else socket.write(bytes)
        })
        socket.on("data", () => resolve(socket))
      })
  )

const closed = (socket: Socket) =>
  Effect.promise(
    () => new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())))
  )

const status = (port: number) =>
  Effect.promise(
    () =>
      new Promise<number | undefined>((resolve) => {
        get({ port, host: "127.0.0.1", agent: false }, (response) => {
          response.resume()
          resolve(response.statusCode)
        }).on("error", () => resolve(undefined))
      })
  )

const late = "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n"

describe("more connections than there may be", () => {
  it.live("close the one that is idle longest, and never one that waits for its answer", () =>
    Effect.gen(function* () {
      const { port } = yield* serving
      const busy = yield* opened(port, late)
      const first = yield* opened(port)
      const second = yield* opened(port)
      assert.strictEqual(yield* status(port), 200)
      yield* closed(first)
      assert.strictEqual(yield* status(port), 200)
      assert.isFalse(busy.destroyed)
      assert.isFalse(second.destroyed)
      yield* opened(port)
      const last = yield* opened(port)
      yield* closed(second)
      assert.isFalse(busy.destroyed)
      assert.isFalse(last.destroyed)
    }).pipe(Effect.scoped)
  )

  it.live("take the places of clients that never send the rest of a request, or never read the answer", () =>
    Effect.gen(function* () {
      const { port } = yield* serving
      const busy = yield* opened(port, late)
      const slow = yield* opened(port)
      yield* Effect.sync(() => slow.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"))
      const deaf = yield* opened(port)
      yield* Effect.sync(() => deaf.pause().write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"))
      yield* Effect.sleep("100 millis")
      assert.strictEqual(yield* status(port), 200)
      yield* closed(slow)
      // Both are answered, so that the third place is not the deaf one's any more.
      yield* Effect.all([opened(port, late), opened(port, late)])
      yield* Effect.sync(() => deaf.resume())
      yield* closed(deaf)
      assert.isFalse(busy.destroyed)
    }).pipe(Effect.scoped)
  )

  it.live("are refused if all wait for their answers", () =>
    Effect.gen(function* () {
      const { port } = yield* serving
      const busy = [yield* opened(port, late), yield* opened(port, late), yield* opened(port, late)]
      assert.isUndefined(yield* status(port))
      assert.deepStrictEqual(
        busy.map(({ destroyed }) => destroyed),
        [false, false, false]
      )
    }).pipe(Effect.scoped)
  )
})
