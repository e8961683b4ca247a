import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 420_000 })

const alertsIn = (ran: Parameters<typeof jsonOf>[0]) => {
  const document = jsonOf(ran) as {
    readonly format: number
    readonly alerts: ReadonlyArray<Readonly<Record<string, unknown>>>
  }
  assert.strictEqual(document.format, 1)
  return document.alerts
}

describe("alerts", () => {
  /** Verifies: LAW-10 */
  it.live("lists open alerts until they are acknowledged or resolved by a later version; the log keeps all", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { git, lastgood, write } = yield* makeWorld()
        const done = (code: number, ...args: ReadonlyArray<string>) =>
          Effect.tap(lastgood([...args, "-q"]), (ran) =>
            Effect.sync(() => assert.strictEqual(ran.code, code, `${args.join(" ")}\n${ran.stdout}${ran.stderr}`))
          )
        assert.strictEqual((yield* done(0, "alerts")).stdout, "no open alerts\n")
        yield* done(0, "deploy", "web", "--to", "1.0.0+1.0.0")
        assert.match((yield* done(0, "alerts", "ack", "web")).stdout, /nothing to do: no alert is open/)
        yield* done(3, "upgrade", "web")

        const open = yield* done(0, "alerts", "web")
        assert.match(open.stdout, /^web: 1\.1\.0\+1\.0\.0 recovered, .*Z\n {2}state {2}open\n {2}why .*ended at once/)
        assert.match(open.stdout, /\n {2}next .*lastgood retry web/)
        const [alert, ...more] = alertsIn(yield* done(0, "alerts", "--json"))
        assert.deepStrictEqual(more, [])
        assert.deepInclude(alert, {
          ...{ app: "web", state: "open", subject: "attempt", outcome: "recovered", attempted: "1.1.0+1.0.0" },
          ...{ deliveredTo: ["file"], owedTo: [], acknowledged: null, resolved: null }
        })

        assert.strictEqual((yield* done(64, "alerts", "ack", "web", "x", "--all")).stdout, "")
        assert.match(
          (yield* done(1, "alerts", "ack", "web", "nothing")).stderr,
          /no open alert.*nothing\nnext: .*alerts web/
        )
        const id = String(alert?.["id"]).slice(0, 12)
        const dry = yield* done(0, "alerts", "ack", "web", id, "--dry-run")
        assert.include(dry.stdout, "would record AlertAcknowledged")
        assert.include((yield* done(0, "alerts", "ack", "_host", "--dry-run")).stdout, "_host: nothing to do")
        assert.notStrictEqual((yield* done(0, "alerts")).stdout, "no open alerts\n")
        yield* done(0, "alerts", "ack", "web", id)
        assert.strictEqual((yield* done(0, "alerts")).stdout, "no open alerts\n")
        const [seen] = alertsIn(yield* done(0, "alerts", "--all", "--json"))
        assert.deepNestedInclude(seen, { state: "acknowledged", resolved: null })

        // What is refused because it failed before is told with the app's name.
        const plan = yield* done(0, "plan", "--json", "--skip-fetch")
        assert.include(plan.stdout, "lastgood retry web")
        assert.notInclude(plan.stdout, "<app>")

        yield* write("recipe/Procfile", "web: exec sleep 1000\n")
        yield* git("commit", "--quiet", "--all", "--message", "1.2.0")
        yield* git("tag", "1.2.0+1.0.0")
        yield* done(0, "upgrade", "web")
        assert.match(
          (yield* done(0, "alerts", "--all")).stdout,
          /state {2}resolved .*Z: 1\.2\.0\+1\.0\.0 is the last good/
        )
      })
    )
  )
})
