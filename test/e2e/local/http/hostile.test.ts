/** The HTTP API against clients that are slow, many, greedy or broken, and streams that are cut. */
import { type ClientRequest, request } from "node:http"
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { waitUntil } from "../../harness.ts"
import { rawly, serving } from "./serving.ts"

/** Deno's server has limits of its own. */
const onNode = process.versions["deno"] === undefined

interface Listening {
  readonly status: () => number
  readonly text: () => string
  readonly close: () => void
}

/** A stream of the log that stays open. */
const listening = (port: number, token: string, path: string, last?: string): Listening => {
  let text = ""
  let status = 0
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "text/event-stream",
    ...(last === undefined ? {} : { "last-event-id": last })
  }
  const sent: ClientRequest = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
    status = response.statusCode ?? 0
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    response.on("error", () => undefined)
  })
  sent.on("error", () => {
    status = status === 0 ? -1 : status
  })
  sent.end()
  return { status: () => status, text: () => text, close: () => sent.destroy() }
}

/** The positions of whole events, as a browser counts them. */
const positions = (text: string): ReadonlyArray<number> =>
  text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => [...block.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)))

describe("a stream of the log", () => {
  /** Verifies: LAW-6 */
  it.live(
    "continues after the last event that the client got, without a gap, and ends with the daemon",
    () =>
      Effect.gen(function* () {
        const { post, port, start, token, world } = yield* serving()
        const daemon = yield* start
        const bearer = yield* token
        const first = listening(port, bearer, "/api/v1/log?after=2")
        const has = (stream: Listening, position: number) =>
          waitUntil(
            `event ${position} does not arrive`,
            Effect.sync(() => positions(stream.text()).includes(position))
          )
        const head = Effect.map(world.log, ({ events }) => events.length)
        yield* has(first, yield* head)
        yield* post("/api/v1/apps/demo/hold", { reason: "one" })
        yield* has(first, yield* head)
        first.close()
        const got = positions(first.text())
        yield* post("/api/v1/apps/demo/release", {})
        yield* post("/api/v1/apps/demo/hold", { reason: "two" })
        const second = listening(port, bearer, "/api/v1/log", String(got.at(-1)))
        yield* has(second, yield* head)
        yield* post("/api/v1/apps/demo/release", {})
        const last = yield* head
        yield* has(second, last)
        assert.deepStrictEqual(
          [...got, ...positions(second.text())],
          Array.from({ length: last - 2 }, (_, i) => i + 3)
        )
        const events = [...second.text().matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data))
        assert.deepStrictEqual(events, (yield* world.log).events.slice(-events.length))
        const beyond = listening(port, bearer, "/api/v1/log", "999999")
        yield* waitUntil(
          "a position beyond the end is not refused",
          Effect.sync(() => beyond.status() === 422)
        )
        daemon.signal("SIGTERM")
        assert.strictEqual((yield* daemon.done).code, 130, daemon.said())
      }),
    300_000
  )
})

describe("a hostile client", () => {
  it.live.skipIf(!onNode)(
    "is cut off, and neither stops the daemon nor keeps others out",
    () =>
      Effect.gen(function* () {
        const { ask, get, post, port, start, token } = yield* serving()
        const daemon = yield* start
        const bearer = yield* token
        const huge = "x".repeat(10_000_000)
        assert.include([413, 0], (yield* post("/api/v1/apps/demo/hold", { reason: huge })).status)
        assert.strictEqual((yield* post("/api/v1/apps/demo/hold", { reason: huge.slice(0, 70_000) })).status, 413)
        const chunked = `POST /api/v1/apps/demo/hold HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${"1000\r\n".concat("y".repeat(4096), "\r\n").repeat(40)}0\r\n\r\n`
        assert.match(yield* rawly(port, chunked), /^HTTP\/1\.1 413 /)
        assert.match(yield* rawly(port, "GARBAGE / HTTP/1.1\r\nHost: localhost\r\n\r\n"), /^HTTP\/1\.1 400 /)
        assert.match(yield* rawly(port, "\u0016\u0003\u0001\u0002\r\n\r\n"), /^HTTP\/1\.1 400 /)
        assert.match(
          yield* rawly(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"z".repeat(20_000)}\r\n\r\n`),
          /431 /
        )
        const smuggled =
          "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert.match(yield* rawly(port, smuggled), /^HTTP\/1\.1 400 /)
        assert.match(yield* rawly(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 40[03] /)
        for (const path of [
          "/../../etc/passwd",
          "/api/v1/apps/..%2f..%2ftoken",
          "/api/v1/apps/%00",
          "/api/v1/apps/%ff"
        ]) {
          assert.include([400, 404], (yield* get(path)).status, path)
        }
        for (const query of [
          "limit=1e9",
          "limit=x",
          "after=-1",
          "after=1.5",
          "after=9007199254740993",
          "app=nothing"
        ]) {
          assert.include([400, 404], (yield* get(`/api/v1/log?${query}`)).status, query)
        }
        // Slow: a head that never ends.
        assert.match(yield* rawly(port, "GET / HTTP/1.1\r\nHost: localhost\r\n"), /^HTTP\/1\.1 408 /)
        // Many: more streams than there may be.
        const streams = Array.from({ length: 1000 }, () => listening(port, bearer, "/api/v1/log"))
        const open = () => streams.filter(({ status }) => status() === 200).length
        yield* waitUntil(
          "some streams are not answered",
          Effect.sync(() => open() === 32),
          60_000
        )
        assert.isAtMost(open(), 32)
        for (const one of streams) one.close()
        yield* waitUntil(
          "the places of closed streams are not free again",
          Effect.gen(function* () {
            const one = listening(port, bearer, "/api/v1/log")
            yield* Effect.sleep("500 millis")
            one.close()
            return one.status() === 200
          }),
          60_000
        )
        assert.strictEqual((yield* ask("/healthz")).status, 200)
        assert.isTrue(daemon.isRunning())
        assert.notInclude(daemon.said(), "a bug in lastgood")
      }),
    300_000
  )
})

/** A client that opens connection after connection, sends these bytes on each, and never reads. */
const flooding = (port: number, bytes: string, most: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const open = new Set<Socket>()
      let made = 0
      let isOver = false
      const fill = () => {
        while (!isOver && open.size < most) {
          const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
          made += 1
          open.add(socket)
          socket.on("error", () => undefined)
          socket.on("close", () => {
            open.delete(socket)
            setTimeout(fill, 50)
          })
          socket.pause()
        }
      }
      fill()
      const end = () => {
        isOver = true
        for (const socket of open) socket.destroy()
      }
      return { made: () => made, end }
    }),
    ({ end }) => Effect.sync(end)
  )

describe("a client with the token that floods the daemon", () => {
  const headOf = (request: string, bearer: string) =>
    `${request}\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\n`
  const floods: ReadonlyArray<readonly [what: string, bytes: (bearer: string) => string]> = [
    [
      "bodies that never end",
      (bearer) =>
        `${headOf("POST /api/v1/apps/demo/hold HTTP/1.1", bearer)}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`
    ],
    ["answers that it does not read", (bearer) => `${headOf("GET /openapi.json HTTP/1.1", bearer)}\r\n`.repeat(100)],
    ["verifications of all snapshots", (bearer) => `${headOf("GET /api/v1/apps/demo/verify HTTP/1.1", bearer)}\r\n`]
  ]
  for (const [what, bytes] of floods) {
    it.live.skipIf(!onNode)(
      `keeps nobody out with ${what}`,
      () =>
        Effect.gen(function* () {
          const { ask, json, port, start, token } = yield* serving()
          const daemon = yield* start
          const flood = yield* flooding(port, bytes(yield* token), 400)
          yield* waitUntil(
            "the flood does not rise",
            Effect.sync(() => flood.made() >= 400)
          )
          const found = yield* Effect.forEach(Array.from({ length: 10 }), () =>
            Effect.delay(
              Effect.map(ask("/healthz"), ({ status }) => status),
              "200 millis"
            )
          )
          // One that came while the daemon worked may have been closed, as a client that tries again finds out.
          assert.isAtLeast(found.filter((status) => status === 200).length, 8, found.join(" "))
          yield* json("/api/v1/apps?offline=true")
          flood.end()
          assert.strictEqual((yield* ask("/healthz")).status, 200)
          assert.isTrue(daemon.isRunning())
          assert.notInclude(daemon.said(), "a bug in lastgood")
        }).pipe(Effect.scoped),
      300_000
    )
  }
})
