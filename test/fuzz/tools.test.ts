/** What other programs answer: docker, git, a health endpoint. Garbage is an error in words, never a crash or a hang. */
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createTcpServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { runOnce } from "@lastgood/core/health/gateLoop"
import { run as runHttp } from "@lastgood/core/health/HttpCheck"
import { composeOf } from "@lastgood/core/runtime/docker/Compose"
import { Container } from "@lastgood/core/runtime/docker/containers"
import { type Call, makeDocker, type Noun } from "@lastgood/core/runtime/docker/Docker"
import { decodeJson } from "@lastgood/core/runtime/docker/decodeJson"
import { Image } from "@lastgood/core/runtime/docker/images"
import { interpolate } from "@lastgood/core/runtime/docker/interpolate"
import { secretsOfCompose } from "@lastgood/core/runtime/docker/recipeSecrets"
import { Service, Task } from "@lastgood/core/runtime/docker/stack/Services"
import { EngineVolume } from "@lastgood/core/runtime/docker/volumes"
import { swarmInfo } from "@lastgood/core/runtime/swarm/info"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { nasty, replacements, values } from "./garbage.ts"

const canary = "c4nary-s3cret"
const call: Call = { app: "web", operation: "look", secrets: [canary] }

const folder = temporaryFolder()

/** A docker that prints what it is told to. */
const fakeDocker = Effect.fnUntraced(function* (script: string) {
  const bin = join(yield* folder, "bin")
  yield* Effect.promise(async () => {
    await mkdir(bin)
    await writeFile(join(bin, "docker"), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, "docker"), 0o755)
  })
  return yield* makeDocker("swarm").pipe(
    Effect.map((clientFor) => clientFor(call)),
    Effect.provide(
      ConfigProvider.layer(
        ConfigProvider.fromEnv({ env: { PATH: `${bin}:/usr/bin:/bin`, DOCKER_HOST: "unix:///nowhere" } })
      )
    )
  )
})

const shapes: ReadonlyArray<readonly [noun: Noun, schema: Schema.Decoder<unknown>, sample: unknown]> = [
  [
    "container",
    Container,
    {
      Id: "a",
      Name: "/n",
      Created: "x",
      State: { Status: "running", Running: true, ExitCode: 0, Health: { Status: "healthy", FailingStreak: 0 } },
      Config: { Image: "i", Labels: { [canary]: canary } },
      Mounts: [{ Type: "volume", Name: "v", Source: "/s", Destination: "/d", RW: true }]
    }
  ],
  ["image", Image, { Id: "a", RepoDigests: ["x@sha256:1"], Config: { Volumes: { "/data": {} } } }],
  ["volume", EngineVolume, { Name: "v", Driver: "local", Mountpoint: "/m", Options: { o: canary }, Labels: null }],
  [
    "service",
    Service,
    {
      ID: "s",
      Spec: {
        Name: "web",
        Labels: { a: canary },
        TaskTemplate: { ContainerSpec: { Image: "i", Env: [`A=${canary}`], Mounts: [{ Type: "bind", Target: "/x" }] } },
        Mode: { Replicated: { Replicas: 1 } }
      },
      UpdateStatus: { State: "completed", Message: canary }
    }
  ],
  [
    "task",
    Task,
    {
      ID: "t",
      ServiceID: "s",
      DesiredState: "running",
      Spec: { ContainerSpec: { Image: "i", Env: [canary] } },
      Status: { Timestamp: "x", State: "failed", Err: canary, ContainerStatus: { ContainerID: "c", ExitCode: 1 } }
    }
  ]
]

describe("docker", () => {
  /** Verifies: LAW-12 */
  it.effect.each(shapes)(
    "inspect of a %s with any value replaced is read, or refused without being quoted",
    ([, schema, sample]) =>
      Effect.gen(function* () {
        assert.isTrue(
          Result.isSuccess(yield* Effect.result(decodeJson(Schema.Array(schema), JSON.stringify([sample]))))
        )
        let refused = 0
        for (const document of replacements([sample])) {
          const read = yield* Effect.result(decodeJson(Schema.Array(schema), JSON.stringify(document) ?? ""))
          if (Result.isSuccess(read)) continue
          refused++
          assert.isAtMost(read.failure.length, 500)
          assert.isNotEmpty(read.failure)
          assert.notInclude(read.failure, canary)
        }
        assert.isAbove(refused, 20)
      })
  )

  it.live.each([
    ["nothing", "exit 0", /it printed nothing/],
    ["half a JSON", `printf '[{"Id": "${canary}'`, /it is not JSON/],
    ["null", "echo null", /expected a list/],
    ["another shape", `echo '[{"Id": {"x": "${canary}"}}]'`, /expected a text/],
    [
      "a deep one",
      `head -c 200000 /dev/zero | tr '\\0' '['; head -c 200000 /dev/zero | tr '\\0' ']'`,
      /nested too deeply|not JSON/
    ],
    ["an endless one", `exec yes '${canary}'`, /./],
    ["a long complaint", `head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; echo 'dial unix ${canary}' >&2; exit 1`, /./],
    ["a complaint on many lines", `yes 'dial unix ${canary} password=${canary}' | head -100000 >&2; exit 1`, /./],
    ["bytes that are no text", "head -c 1000000 /dev/urandom", /not JSON/],
    ["a signal", "kill -9 $$", /./]
  ] as const)("that prints %s is an error in words", ([, script, why]) =>
    Effect.gen(function* () {
      const docker = yield* fakeDocker(script)
      const start = performance.now()
      const error = yield* Effect.flip(docker.inspect("container", ["a"], Container))
      assert.match(error.message, why)
      assert.notInclude(error.message, canary)
      assert.isBelow(error.message.length, 1200)
      yield* Effect.flip(swarmInfo(docker))
      assert.isBelow(performance.now() - start, 25_000)
    })
  )
})

describe("a compose file", () => {
  const sample = {
    version: "3.8",
    services: {
      web: {
        image: "i",
        environment: { DB_PASSWORD: canary },
        volumes: ["data:/d:ro", { type: "bind", source: "/a", target: "/b" }],
        tmpfs: ["/t"],
        deploy: { placement: { constraints: ["node.role==manager"] }, labels: [`a.basicauth.users=u:${canary}`] }
      }
    },
    volumes: { data: { driver: "local", driver_opts: { o: "bind" } } },
    secrets: { s: { external: true } }
  }

  it.effect("with any value replaced is read, or refused without being quoted", () =>
    Effect.gen(function* () {
      for (const document of [...replacements(sample), ...values]) {
        const filled = interpolate(document, { A: "b" })
        if (Result.isFailure(filled)) continue
        const read = yield* Effect.result(composeOf(filled.success, "web", "/r"))
        assert.isDefined(read)
        secretsOfCompose(document)
      }
      assert.include(secretsOfCompose(sample), canary)
    })
  )

  it("is interpolated only with the given variables, whatever their names", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      assert.deepStrictEqual(interpolate(`x\${${name}}y$${name}z`, {}), Result.succeed("xy"))
      assert.deepStrictEqual(interpolate(`\${${name}:-d}`, {}), Result.succeed("d"))
    }
    for (const text of nasty) interpolate({ [text]: [text, { a: `\${${text}` }] }, { A: text })
    const start = performance.now()
    for (const piece of ["$", "${", "${A", "${A:-", "$$", "${A:?"]) interpolate(piece.repeat(40_000), { A: "x" })
    assert.isBelow(performance.now() - start, 20_000)
  })
})

const portOf = (server: Pick<Server, "address">): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const http = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer(listener).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map(portOf))

/** Answers a connection with these bytes. */
const raw = (bytes: string) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createTcpServer>>((resume) => {
      const server = createTcpServer((socket) => {
        socket.on("error", () => undefined)
        socket.once("data", () => socket.end(bytes, "latin1"))
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  ).pipe(Effect.map(portOf))

const lookAt = (port: number, more: { readonly contains?: string } = {}) => {
  const check = {
    kind: "http",
    name: "h",
    url: `http://127.0.0.1:${port}/`,
    status: 200,
    timeoutMs: 2000,
    ...more
  } as const
  return runOnce({ name: "h", timeoutMs: 2000, run: runHttp(check) }, 2000)
}

describe("a health endpoint", () => {
  /** Verifies: LAW-12 */
  it.live("with a status text of its own is reported on one short line without secrets", () =>
    Effect.gen(function* () {
      const port = yield* raw(`HTTP/1.1 500 password=${canary} ${"x".repeat(10_000)}\r\ncontent-length: 0\r\n\r\n`)
      const { ok, seen } = yield* lookAt(port)
      assert.isFalse(ok)
      assert.match(seen, /^got 500 password=\*\*\*/)
      assert.isBelow(seen.length, 300)
    })
  )

  it.live("with an endless or huge body is judged by the first MiB", () =>
    Effect.gen(function* () {
      const chunk = Buffer.alloc(64 * 1024, "x")
      const port = yield* http((_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(chunk)) {}
        }
        response.on("drain", more)
        more()
      })
      assert.isTrue((yield* lookAt(port)).ok)
      const start = process.memoryUsage().rss
      const { ok, seen } = yield* lookAt(port, { contains: "not there" })
      assert.isFalse(ok)
      assert.match(seen, /the first MiB of the body lacks|no answer within/)
      assert.isBelow(process.memoryUsage().rss - start, 300 * 1024 * 1024)
    })
  )

  it.live("that sends slowly or not at all times out", () =>
    Effect.gen(function* () {
      const slow = yield* http((_, response) => {
        const timer = setInterval(() => response.write("x"), 5)
        response.on("close", () => clearInterval(timer))
      })
      const silent = yield* http(() => undefined)
      for (const port of [slow, silent]) {
        const { ok, seen } = yield* lookAt(port, { contains: "(a+)+$" })
        assert.deepStrictEqual([ok, seen], [false, "no answer within 2 s"])
      }
    })
  )

  it.live("is not followed to a redirect: a file, itself, the metadata of a cloud", () =>
    Effect.gen(function* () {
      let asked = 0
      for (const location of ["file:///etc/shadow", "/", "http://169.254.169.254/", "\tjavascript:x"]) {
        const port = yield* http((_, response) => {
          asked++
          response.writeHead(302, { location: location.trim() }).end()
        })
        const { ok, seen } = yield* lookAt(port)
        assert.isFalse(ok)
        assert.strictEqual(seen, "got 302 Found, want 200")
      }
      assert.strictEqual(asked, 4)
    })
  )

  it.live("is searched for a text, not for a pattern, also across two chunks", () =>
    Effect.gen(function* () {
      const port = yield* http((_, response) => {
        response.write("a".repeat(50_000))
        response.write("he(a+)")
        setTimeout(() => response.end("+$llo"), 50)
      })
      assert.isTrue((yield* lookAt(port, { contains: "he(a+)+$llo" })).ok)
      assert.isFalse((yield* lookAt(port, { contains: "((a+)+)+$" })).ok)
    })
  )

  it.live.each([
    ["no HTTP", "\0\x01\x02garbage\r\n\r\n"],
    ["nothing", ""],
    ["half a line", "HTTP/1.1 20"],
    ["a status that is none", "HTTP/1.1 99999 x\r\n\r\n"],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(100_000)}`],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"],
    ["a broken chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"]
  ] as const)("that answers %s is not healthy, in words", ([, bytes]) =>
    Effect.gen(function* () {
      const { ok, seen } = yield* lookAt(yield* raw(bytes), { contains: "x" })
      assert.isFalse(ok)
      assert.isNotEmpty(seen)
      assert.isBelow(seen.length, 400)
    })
  )
})
