/** What monitoring sees: the metrics as Prometheus reads them, and the alerting rules that are delivered with them. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { exposition } from "@lastgood/reconciler/metrics/exposition"
import { ofApps } from "@lastgood/reconciler/metrics/ofApps"
import { ofDaemon } from "@lastgood/reconciler/metrics/ofDaemon"
import { ofLog } from "@lastgood/reconciler/metrics/page"
import { noPast } from "@lastgood/reconciler/reading/Past"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { describeNeeding } from "../needing.ts"

const docs = join(import.meta.dirname, "../../docs")
const rules = readFileSync(join(docs, "monitoring/lastgood.rules.yml"), "utf8")
const page = readFileSync(join(docs, "monitoring.md"), "utf8")

const missing = (() => {
  try {
    execFileSync("promtool", ["--version"], { stdio: "ignore" })
    return null
  } catch {
    return "promtool is not installed (Debian: prometheus)"
  }
})()

const reading = { position: 7, all: () => [], of: noPast, isReadable: () => true }

const families = Effect.map(ofDaemon(["demo"]), (daemon) => [
  ...ofLog(reading),
  ...ofApps(reading, ["demo"], 0),
  ...daemon
])

const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = ""]) => name)

it.effect("docs/monitoring.md names every metric and no other", () =>
  Effect.gen(function* () {
    const served = (yield* families).map(({ name }) => name).toSorted()
    const named = [...page.matchAll(/^\| `([a-z_]+)`/gm)].map(([, name = ""]) => name).toSorted()
    assert.deepStrictEqual(named, served)
  })
)

it("docs/monitoring.md says what to do about every alert", () => {
  assert.deepStrictEqual(
    [...page.matchAll(/^### (Lastgood\w+)$/gm)].map(([, name]) => name),
    alerts
  )
})

it.effect("the rules use metrics that are served", () =>
  Effect.gen(function* () {
    const served = new Set((yield* families).map(({ name }) => name))
    const used = [...rules.matchAll(/lastgood_[a-z_]+/g)].map(([name]) => name)
    assert.isNotEmpty(used)
    assert.deepStrictEqual(
      used.filter((name) => !served.has(name)),
      []
    )
  })
)

describeNeeding("LASTGOOD_TEST_PROMTOOL", missing, "promtool", () => {
  it.live("accepts the metrics", () =>
    Effect.gen(function* () {
      const input = exposition(yield* families)
      const { all, exitCode } = yield* Effect.promise(() =>
        execa("promtool", ["check", "metrics"], { input, all: true, reject: false })
      )
      assert.deepStrictEqual([all, exitCode], ["", 0])
    })
  )

  it.live.each(["rules", "slow"])(
    "sees each alert fire when it should, and none for a healthy app: %s",
    (name) => run("promtool", ["test", "rules", `${name}.yml`], { cwd: import.meta.dirname }).pipe(Effect.orDie),
    120_000
  )
})
