/** lastgood as one file, on a host where nothing else of it is installed, and no Node. */
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { ensureImages, hostImage } from "../../docker/images.ts"
import { buildOneFile, describeHost, type Host, makeHost, oneFile } from "./host.ts"
import { makeSite, plugin, statusOf, tagNext, v1, v2 } from "./site.ts"

describeHost("one file on a host without Node", () => {
  const scope = Scope.makeUnsafe()
  let host: Host

  beforeAll(
    () =>
      Effect.gen(function* () {
        yield* ensureImages("host")
        yield* buildOneFile
        host = yield* makeHost(hostImage)
        yield* host.copy(oneFile, "/usr/local/bin/lastgood")
        yield* makeSite(host)
      }).pipe(Scope.provide(scope), Effect.runPromise),
    900_000
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.live("prints its version without other files", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* host.bash("command -v node npm deno")).code, 1)
      assert.match(yield* host.must("lastgood --version"), /^\d+\.\d+\.\d+$/)
    })
  )

  it.live(
    "runs the demo and its app, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const said = yield* host.must("lastgood demo")
        assert.isAbove(said.split("✓").length, 20)
        assert.notInclude(said, "✗")
        assert.strictEqual(yield* host.must("ls /tmp; grep -l '[@]script' /proc/[0-9]*/cmdline || true"), "")
      }),
    120_000
  )

  /** Verifies: LAW-17 */
  it.live(
    "deploys an app with a plugin in TypeScript, without the caller's open descriptors",
    () =>
      Effect.gen(function* () {
        yield* host.must("exec 200>/tmp/lock; flock -n 200; exec lastgood deploy site")
        const status = yield* statusOf(host)
        assert.deepInclude(status, { app: "site", phase: "running", running: v1, lastGood: v1 })
        assert.strictEqual((yield* host.bash("flock -n /tmp/lock true")).code, 0)
      }),
    120_000
  )

  /** Verifies: LAW-6, LAW-9 */
  it.live(
    "resumes from the log after kill -9, with the plugin's hook",
    () =>
      Effect.gen(function* () {
        yield* tagNext(host)
        const fault = { LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: "forward/deploy:after:kill" }
        assert.strictEqual((yield* host.bash("exec lastgood upgrade site", fault)).code, 137)
        yield* host.must("lastgood reconcile --once")
        const status = yield* statusOf(host)
        assert.deepInclude(status, { phase: "running", running: v2, lastGood: v2 })
        assert.include(yield* host.must("lastgood log site --json"), "the site is told")
        // The limit of its memory is its own: what a plugin starts does not get it.
        assert.deepInclude(JSON.parse(yield* host.must("cat /tmp/said")), { options: null })
        yield* host.must("lastgood verify")
        assert.strictEqual(yield* host.must("grep -l '[@]plugin' /proc/[0-9]*/cmdline || true"), "")
      }),
    120_000
  )

  it.live(
    "starts plugin processes from its own executable, even if the file was replaced",
    () =>
      Effect.gen(function* () {
        const plan = yield* host.bash(`
          cp /usr/local/bin/lastgood /tmp/lastgood
          /tmp/lastgood plan site & pid=$!
          until [ "$(readlink /proc/$pid/exe)" = /tmp/lastgood ]; do :; done
          kill -STOP $pid
          printf '#!/bin/sh\\nexit 7\\n' >/tmp/new; chmod 755 /tmp/new; mv /tmp/new /tmp/lastgood
          kill -CONT $pid; wait $pid`)
        assert.strictEqual(plan.code, 0, plan.stderr)
        assert.notInclude(plan.stdout + plan.stderr, "plugin")
        assert.strictEqual((yield* host.bash("/tmp/lastgood plan site")).code, 7)
      }),
    60_000
  )

  /** Verifies: LAW-7 */
  it.live(
    "is named by another lastgood while it works on an app",
    () =>
      Effect.gen(function* () {
        const fault = { LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: "forward/snapshot:before:hang" }
        yield* host.must("lastgood snapshot site >/dev/null 2>&1 &", fault)
        yield* host.must(`for i in $(seq 100); do
          lastgood log site --json --limit 1 | grep StepStarted | grep -q '"snapshot"' && exit; sleep 0.1; done; exit 1`)
        const second = yield* host.bash("lastgood snapshot site")
        assert.strictEqual(second.code, 75, second.stderr)
        assert.match(second.stderr, /pid \d+.*\(lastgood snapshot site\)/)
        const pid = /pid (\d+)/.exec(second.stderr)?.[1]
        yield* host.must(`kill -9 ${pid}; lastgood reconcile --once`)
      }),
    120_000
  )

  /** Verifies: LAW-17 */
  it.live(
    "uses no plugin that another user could have written, wherever the executable is",
    () =>
      Effect.gen(function* () {
        yield* host.must("mkdir -p /usr/local/lib/shared && echo 'export default 1' >/usr/local/lib/shared/h.mjs")
        yield* host.must("chown -R nobody /usr/local/lib/shared")
        yield* host.must(`sed -i '1i import "/usr/local/lib/shared/h.mjs"' ${plugin}`)
        const plan = yield* host.bash("lastgood plan site")
        assert.include(plan.stdout + plan.stderr, "/usr/local/lib/shared")
        assert.include(plan.stdout + plan.stderr, "LASTGOOD_TRUST")
      }),
    60_000
  )
})
