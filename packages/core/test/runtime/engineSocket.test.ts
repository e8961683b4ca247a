/** The engine's socket is a faster way to what the client answers, and never another answer. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type Server, type Socket } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { clientEnv } from "@lastgood/core/runtime/docker/clientEnv"
import { makeDocker } from "@lastgood/core/runtime/docker/Docker"
import { socketOf } from "@lastgood/core/runtime/docker/engineSocket"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"

const Thing = Schema.Struct({ Id: Schema.String })

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "lastgood-socket-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`

/**
 * An engine that gives each request line what `reply` says (null: it keeps silent), beside a docker client that knows one
 * object, `client`, whatever it is asked.
 */
const world = Effect.fnUntraced(function* (reply: (line: string, socket: Socket) => string | null) {
  const at = yield* folder
  const asked: Array<string> = []
  const path = join(at, "engine.sock")
  yield* Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined)
        socket.once("data", (data) => {
          const line = data.toString("utf8").split("\r\n")[0] ?? ""
          asked.push(line)
          const said = reply(line, socket)
          if (said !== null) socket.end(said)
        })
      }).listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
      })
  )
  yield* Effect.promise(async () => {
    await mkdir(join(at, "bin"))
    const script = '#!/bin/sh\ncase "$2" in ls) echo client ;; *) echo \'[{"Id": "client"}]\' ;; esac\n'
    await writeFile(join(at, "bin/docker"), script)
    await chmod(join(at, "bin/docker"), 0o755)
  })
  const clientFor = yield* makeDocker("compose").pipe(
    Effect.provide(
      ConfigProvider.layer(
        ConfigProvider.fromEnv({ env: { PATH: `${at}/bin:/usr/bin:/bin`, DOCKER_HOST: `unix://${path}` } })
      )
    )
  )
  return { asked, docker: clientFor({ app: "web", operation: "look", secrets: [] }) }
})

const idsOf = (found: ReadonlyArray<typeof Thing.Type>) => found.map(({ Id }) => Id)

describe("the engine's socket", () => {
  it.live("returns a list and each of its objects, without those that disappear meanwhile", () =>
    Effect.gen(function* () {
      const { asked, docker } = yield* world((line) => {
        if (line.includes("/containers/json")) return answer("200 OK", '[{"Id":"a"},{"Id":"b"}]')
        return line.includes("/containers/a/")
          ? answer("200 OK", '{"Id":"a"}')
          : answer("404 Not Found", '{"message":"No such container: b"}')
      })
      assert.deepStrictEqual(idsOf(yield* docker.all("container", Thing, "x=y z")), ["a"])
      assert.deepStrictEqual(asked.toSorted(), [
        "GET /containers/a/json HTTP/1.1",
        "GET /containers/b/json HTTP/1.1",
        `GET /containers/json?all=1&filters=${encodeURIComponent('{"label":["x=y z"]}')} HTTP/1.1`
      ])
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["an error", answer("500 Internal Server Error", '{"message":"x"}')],
    ["a refusal", answer("403 Forbidden", "")],
    ["another place", answer("301 Moved Permanently", "")],
    ["a path that it does not know", answer("404 Not Found", '{"message":"page not found"}')],
    ["nothing", ""],
    ["garbage", "\u0000\u0001garbage\r\n\r\n"],
    ["half of it", answer("200 OK", '{"Id":"engine"}').slice(0, -4)]
  ])("that answers with %s leaves the question to the client", ([, said]) =>
    Effect.gen(function* () {
      const { asked, docker } = yield* world(() => said ?? "")
      assert.deepStrictEqual(idsOf(yield* docker.inspect("image", ["a"], Thing)), ["client"])
      assert.deepStrictEqual(yield* docker.ids("volume"), ["client"])
      assert.isAtLeast(asked.length, 2)
    }).pipe(Effect.scoped)
  )

  it.live("is not queried with a name that changes the path", () =>
    Effect.gen(function* () {
      const { asked, docker } = yield* world(() => answer("200 OK", '{"Id":"engine"}'))
      for (const name of ["../containers/json", "a?b=c", "a b", "a\r\nGET /x", "-a", "/a", "a//b", "é"]) {
        assert.deepStrictEqual(idsOf(yield* docker.inspect("image", [name], Thing)), ["client"], name)
      }
      assert.deepStrictEqual(asked, [])
      assert.deepStrictEqual(idsOf(yield* docker.inspect("image", ["r.io:5000/a/b:1@sha256:0f"], Thing)), ["engine"])
      assert.deepStrictEqual(asked, ["GET /images/r.io:5000/a/b:1@sha256:0f/json HTTP/1.1"])
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-1 */
  it.live.each([
    ["volume", "{}"],
    ["volume", '{"message":"no"}'],
    ["container", "[{}]"],
    ["container", "{}"],
    ["service", '[{"Id":"x"}]'],
    ["network", "null"]
  ] as const)("that lists every %s as %s has not said that there are none", ([noun, said]) =>
    Effect.gen(function* () {
      const { docker } = yield* world(() => answer("200 OK", said))
      assert.deepStrictEqual(yield* docker.ids(noun), ["client"])
    }).pipe(Effect.scoped)
  )

  it.live("that does not answer is not waited for by every query", () =>
    Effect.gen(function* () {
      const { docker } = yield* world(() => null)
      const start = performance.now()
      const ids = Array.from({ length: 40 }, (_, i) => `c${i}`)
      assert.deepStrictEqual(idsOf(yield* docker.inspect("container", ids, Thing)), ["client"])
      assert.isBelow(performance.now() - start, 9000)
    }).pipe(Effect.scoped)
  )

  it.live("that answers with another shape gives a readable error", () =>
    Effect.gen(function* () {
      const { docker } = yield* world(() => answer("200 OK", '{"Id":{"secret":"x"}}'))
      const error = yield* Effect.flip(docker.inspect("volume", ["a"], Thing))
      assert.match(error.message, /docker volume inspect returned unexpected output: .*Id.*expected a text/)
    }).pipe(Effect.scoped)
  )

  it.live("is closed when nobody waits for the answer", () =>
    Effect.gen(function* () {
      let hungUp = false
      const { asked, docker } = yield* world((_, socket) => {
        socket.on("close", () => {
          hungUp = true
        })
        return null
      })
      const fiber = yield* Effect.forkChild(docker.ids("network"))
      while (asked.length === 0) yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep("100 millis")
      assert.isTrue(hungUp)
    }).pipe(Effect.scoped)
  )
})

describe("the socket path", () => {
  it.live("is the one that a client with the same environment uses", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const write = (text: string) =>
        Effect.promise(async () => {
          await mkdir(join(home, ".docker"), { recursive: true })
          await writeFile(join(home, ".docker/config.json"), text)
        })
      const standard = "/var/run/docker.sock"
      assert.strictEqual(socketOf({ HOME: home }), standard)
      // The client's home is the user's own where the environment names none, as in a service of systemd.
      const env = yield* Effect.provide(clientEnv, ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} })))
      assert.strictEqual(env["HOME"], userInfo().homedir)
      assert.strictEqual(
        socketOf({ HOME: home, DOCKER_HOST: "unix:///run/user/7/docker.sock" }),
        "/run/user/7/docker.sock"
      )
      for (const host of ["tcp://10.0.0.1:2376", "ssh://ada@host", "npipe:////./pipe/x"]) {
        assert.isNull(socketOf({ HOME: home, DOCKER_HOST: host }), host)
      }
      for (const name of ["DOCKER_CONTEXT", "DOCKER_API_VERSION", "DOCKER_TLS_VERIFY"]) {
        assert.isNull(socketOf({ HOME: home, [name]: "1" }), name)
      }
      yield* write('{"auths": {}}')
      assert.strictEqual(socketOf({ HOME: home }), standard)
      for (const config of ['{"currentContext": "far"}', "{", "null"]) {
        yield* write(config)
        assert.isNull(socketOf({ HOME: home }), config)
        assert.isNull(socketOf({ HOME: "/nowhere", DOCKER_CONFIG: join(home, ".docker") }), config)
      }
    }).pipe(Effect.scoped)
  )
})
