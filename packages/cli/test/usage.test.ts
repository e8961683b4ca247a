import { stat, symlink } from "node:fs/promises"
import { assert, describe, it, vi } from "@effect/vitest"
import { unbuilt } from "@lastgood/testing/binary"
import { interpreter } from "@lastgood/testing/interpreter"
import * as Effect from "effect/Effect"
import { commands } from "../src/commands.ts"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const withoutDocker = { DOCKER_HOST: "unix:///nonexistent/docker.sock" }

const test = (name: string, body: (world: Effect.Success<ReturnType<typeof makeWorld>>) => Effect.Effect<void>) =>
  it.live(name, () => Effect.scoped(Effect.flatMap(makeWorld(), body)))

describe("help", () => {
  test("lists every command, on standard output", ({ lastgood }) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* lastgood(["--help"])
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      for (const { name, unlisted } of commands) {
        assert.strictEqual(new RegExp(`^  ${name}\\s`, "m").test(stdout), !unlisted, name)
      }
      // oxlint-disable-next-line no-control-regex
      assert.notInclude(stdout, "\u001B")
    }))

  test("is printed without a command", ({ lastgood }) =>
    Effect.gen(function* () {
      const { code, stdout } = yield* lastgood([])
      assert.strictEqual(code, 0)
      assert.include(stdout, "SUBCOMMANDS")
    }))
})

describe("wrong usage ends with 64, one sentence, and what to do", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    [
      "an unknown command",
      ["stauts"],
      /Unknown subcommand "stauts".*Did you mean status or start\?\nnext: lastgood --help\n$/
    ],
    ["an unknown flag", ["status", "--jsn"], /--jsn.*\nnext: lastgood status --help\n$/],
    ["a missing app", ["upgrade"], /app.*\nnext: lastgood upgrade --help\n$/],
    ["a bad duration", ["hold", "web", "--for", "soon"], /--for.*24h|such as `500ms`/],
    ["an unknown app, naming those there are", ["upgrade", "wep"], /no app wep in .*: it has web\nnext: name one/],
    ["a bad position", ["replay", "--until", "later"], /--until later is not a position.*\nnext: /],
    ["a bad head", ["verify", "--expect-head", "7"], /--expect-head 7 is not of the form.*\nnext: /],
    ["--snapshot without an app", ["verify", "--snapshot", "x"], /--snapshot needs an app\nnext: /],
    ["a negative limit", ["log", "--limit", "-1"], /--limit/]
  ]
  for (const [name, args, expected] of cases) {
    test(name, ({ lastgood }) =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* lastgood(args)
        assert.strictEqual(code, 64)
        assert.strictEqual(stdout, "")
        assert.match(stderr, expected)
        assert.notMatch(stderr, /^\s+at /m)
      })
    )
  }

  test("and with --json an error document on standard output", ({ lastgood }) =>
    Effect.gen(function* () {
      const ran = yield* lastgood(["status", "wep", "--json"])
      assert.strictEqual(ran.code, 64)
      const parsed = jsonOf(ran)
      assert.deepNestedInclude(parsed, {
        "error.tag": "UnknownApp",
        "error.next": "name one of these (did you mean web?)"
      })
    }))
})

describe("the configuration", () => {
  test("that is missing is reported with the paths that were searched", ({ at, lastgood }) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* lastgood(["status", "--config", at("none.yaml")])
      assert.strictEqual(code, 64)
      assert.match(stderr, /looked for .*none\.yaml\nnext: run lastgood init/)
    }))

  test("that is invalid is reported with the line", ({ lastgood, write }) =>
    Effect.gen(function* () {
      yield* write("lastgood.yaml", "root: ./root\napps:\n  web:\n    recipe: ./recipe\n    runtime: podman\n")
      const { code, stderr } = yield* lastgood(["status"])
      assert.strictEqual(code, 64)
      assert.match(stderr, /lastgood\.yaml:5:14: .*swarm/)
    }))

  test("is written by init, is valid as it stands, and is never overwritten", ({ at, lastgood }) =>
    Effect.gen(function* () {
      const args = ["--config", at("new.yaml")]
      const ran = yield* lastgood(["init", ...args], withoutDocker)
      assert.strictEqual(ran.code, 0)
      assert.match(
        ran.stdout,
        /an example, because the host was not searched: .*Docker engine does not respond\nnext: /
      )
      assert.strictEqual((yield* Effect.promise(() => stat(at("new.yaml")))).mode & 0o777, 0o600)
      assert.strictEqual((yield* lastgood(["status", ...args, "--root", at("root")])).code, 0)
      const again = yield* lastgood(["init", ...args])
      assert.strictEqual(again.code, 64)
      assert.match(again.stderr, /already exists\nnext: /)
    }))

  test("is written by init with --json as well", ({ at, lastgood }) =>
    Effect.gen(function* () {
      const ran = yield* lastgood(["init", "--json", "--config", at("new.yaml")], withoutDocker)
      assert.deepNestedInclude(jsonOf(ran), { format: 1, written: at("new.yaml"), example: true, apps: [] })
    }))
})

describe("the binary", () => {
  test("prints its version immediately", ({ lastgood }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lastgood(["--version"]), { code: 0, stdout: "0.1.0\n", stderr: "" })
    }))

  // npm's links are for Node; Deno looks for its dependencies from the link's own folder.
  it.live.skipIf("Deno" in globalThis)("works through a link, as npm makes them", () =>
    Effect.gen(function* () {
      const { at, start } = yield* makeWorld()
      yield* Effect.promise(() => symlink(unbuilt, at("lastgood")))
      const { code, stdout } = yield* start(["status", "--json"], {}, [...interpreter, at("lastgood")]).done
      assert.strictEqual(code, 0)
      assert.include(stdout, `"app": "web"`)
    }).pipe(Effect.scoped)
  )

  /** A Node of the version given, as far as the binary can tell. */
  const pretending = (version: string): readonly [string, ...Array<string>] => {
    const script = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
    return [process.execPath, "--import", `data:text/javascript,${encodeURIComponent(script)}`]
  }

  for (const version of ["18.20.8", "20.20.2", "22.22.2", "23.11.0", "24.14.9"]) {
    it.live.skipIf("Deno" in globalThis)(`started on Node ${version}, goes on with the Node that it brings`, () =>
      Effect.gen(function* () {
        const { start } = yield* makeWorld()
        const { code, stdout } = yield* start(["status", "--json"], {}, [...pretending(version), unbuilt]).done
        assert.strictEqual(code, 0)
        assert.include(stdout, `"app": "web"`)
      }).pipe(Effect.scoped)
    )
  }

  it.live.skipIf("Deno" in globalThis)("started on an old Node, where there is no other, says what to do: 64", () =>
    Effect.gen(function* () {
      const { start } = yield* makeWorld()
      const env = { LASTGOOD_REEXEC: "1" }
      const { code, stderr } = yield* start(["status"], env, [...pretending("20.20.2"), unbuilt]).done
      assert.strictEqual(code, 64)
      assert.match(
        stderr,
        /^lastgood: Node 20\.20\.2 .* is not supported: .*\nnext: install Node 24 .* run npm ci in .*\n$/
      )
    }).pipe(Effect.scoped)
  )
})
