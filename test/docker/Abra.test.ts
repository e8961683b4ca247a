/** What is abra's own of the runtime `abra`, over a stand-in that really deploys; docs/abra.md lists what it assumes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type AbraStack, abraStack } from "../abra/abraStack.ts"
import { compose } from "./compose.ts"
import { ensureImages } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, kinds } from "./runtimeTest.ts"

const check = (
  title: string,
  body: (stack: AbraStack) => Effect.Effect<void, unknown, Scope.Scope>,
  ...options: Parameters<typeof abraStack>
) => it.live(title, () => Effect.scoped(Effect.flatMap(abraStack(...options), body)), 120_000)

const secret = "sesame-open-now"

describeSwarm("Abra", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  check(
    "writes the version to the operator's file, and changes nothing else in it",
    ({ app, release, runtime }) =>
      Effect.gen(function* () {
        const file = app.envFile ?? ""
        const before = readFileSync(file, "utf8")
        yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {} })), deadline)
        assert.strictEqual(readFileSync(file, "utf8"), before.replace("TYPE=web:0.1.0+1", "TYPE=web:1.0.0+1"))
        assert.strictEqual(statSync(file).mode & 0o777, 0o640)
        yield* runtime.undeploy(app, deadline)
        assert.isFalse(existsSync(join(app.dir, "abra")), "the folder with the env file is gone")
        assert.strictEqual(readFileSync(join(app.dir, "calls"), "utf8"), "deploy\nundeploy\n")
      }),
    "",
    `case "$*" in *--help* | --version) ;; *) echo "$2" >> "$ABRA_DIR/../calls" ;; esac`
  )

  /** Verifies: LAW-12 */
  check(
    "reports abra's output on stdout, without secrets",
    ({ app, release, runtime }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {} })), deadline))
        assert.include(error.message, "FATA no password ***")
        assert.notInclude(JSON.stringify(error) + error.message, secret)
        assert.isFalse(existsSync(join(app.dir, "abra")))
      }),
    `PASSWORD=${secret}`,
    `case "$2" in deploy) case "$*" in *--help*) ;; *) echo "FATA no password ${secret}"; exit 0 ;; esac ;; esac`
  )

  /** Verifies: LAW-14 */
  check("passes the exports of abra.sh to the compose file, without running it", ({ app, release, runtime }) =>
    Effect.gen(function* () {
      const files = compose({ web: { environment: { CONF: "$" + "{CONF_VERSION:?}" } } })
      const abraSh = `export CONF_VERSION=v6 # counts\ntouch ${app.dir}/ran\n`
      const one = yield* release("1.0.0+1", { ...files, "abra.sh": abraSh })
      assert.deepStrictEqual(kinds(yield* runtime.preflight(app, one)), [])
      yield* runtime.deploy(app, one, deadline)
      const { output } = yield* runtime.exec(app, "echo $CONF", "web")
      assert.strictEqual(output, "v6\n")
      assert.isFalse(existsSync(join(app.dir, "ran")))
      const without = yield* Effect.flip(runtime.preflight(app, yield* release("2.0.0+1", files)))
      assert.include(without.message, "CONF_VERSION")
    })
  )

  /** Verifies: LAW-14 */
  check(
    "refuses an abra that lacks a flag while the app runs, and names the flag",
    ({ app, release, runtime }) =>
      Effect.gen(function* () {
        const one = yield* release("1.0.0+1", compose({ web: {} }))
        const error = yield* Effect.flip(runtime.preflight(app, one))
        assert.strictEqual(error._tag, "RuntimeUnavailable")
        assert.include(error.message, "abra (0.10.0-standin) lacks --no-converge-checks of `abra app deploy`")
        assert.include((yield* Effect.flip(runtime.available)).message, "--no-converge-checks")
      }),
    "",
    "LACKS=--no-converge-checks"
  )

  /** Verifies: LAW-14 */
  check(
    "refuses an app on a server that is not this host",
    ({ app, release, runtime }) =>
      Effect.gen(function* () {
        const one = yield* release("1.0.0+1", compose({ web: {} }))
        const [hazard] = yield* runtime.preflight(app, one)
        assert.strictEqual(hazard?.kind, "other-server")
        assert.include(hazard?.what, "lastgood-test.example.org")
      }),
    "",
    "",
    "lastgood-test.example.org"
  )

  /** Verifies: LAW-1 */
  check(
    "takes an app down if abra cannot",
    ({ app, release, runtime }) =>
      Effect.gen(function* () {
        yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {} })), deadline)
        yield* runtime.undeploy(app, deadline)
        yield* runtime.assertQuiet(app)
      }),
    "",
    `case "$2" in undeploy) echo "FATA something new"; exit 1 ;; esac`
  )

  check("does not use or change the operator's checkout", ({ app, release, runtime }) =>
    Effect.gen(function* () {
      const own = join(app.dir, "abra-of-the-operator", "recipes", "web")
      mkdirSync(own, { recursive: true })
      yield* run("git", ["-C", own, "init", "--quiet"])
      writeFileSync(join(own, "compose.yml"), "being edited")
      yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {} })), deadline)
      assert.deepStrictEqual(readdirSync(own).toSorted(), [".git", "compose.yml"])
      assert.strictEqual(readFileSync(join(own, "compose.yml"), "utf8"), "being edited")
    })
  )
})
