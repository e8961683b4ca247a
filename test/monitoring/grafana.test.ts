/** The dashboard for Grafana: each of its queries is one that Prometheus understands, of metrics that the daemon serves. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { exposition } from "@lastgood/reconciler/metrics/exposition"
import { ofApps } from "@lastgood/reconciler/metrics/ofApps"
import { ofDaemon } from "@lastgood/reconciler/metrics/ofDaemon"
import { ofLog } from "@lastgood/reconciler/metrics/page"
import { noPast } from "@lastgood/reconciler/reading/Past"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { describeNeeding } from "../needing.ts"

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: ReadonlyArray<{ readonly expr: string }>
}
interface Dashboard {
  readonly panels: ReadonlyArray<Panel>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }> }
  readonly annotations: { readonly list: ReadonlyArray<{ readonly expr: string }> }
}

const file = join(import.meta.dirname, "../../docs/monitoring/lastgood.grafana.json")
const dashboard: Dashboard = JSON.parse(readFileSync(file, "utf8"))

const written = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr)
]
const ofVariables = dashboard.templating.list.flatMap(({ definition }) =>
  definition === undefined ? [] : [definition]
)

/** As Grafana sends it. */
const sent = (expr: string): string =>
  expr.replaceAll(/\$__(?:rate_interval|range)/g, "5m").replaceAll(/\$(?:instance|app)\b/g, ".*")

const served = Effect.gen(function* () {
  const reading = { position: 7, of: noPast, isReadable: () => true, all: () => [] }
  const page = exposition([...ofLog(reading), ...ofApps(reading, ["demo"], 0), ...(yield* ofDaemon(["demo"]))])
  const labels = new Map<string, Set<string>>([["up", new Set(["job", "instance"])]])
  for (const [, name = "", inside = ""] of page.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    const known = labels.get(name) ?? new Set(["job", "instance"])
    for (const [, label = ""] of inside.matchAll(/([a-z_]+)="/g)) known.add(label)
    labels.set(name, known)
  }
  return labels
})

const missing = (() => {
  try {
    execFileSync("promtool", ["--version"], { stdio: "ignore" })
    return null
  } catch {
    return "promtool is not installed (Debian: prometheus)"
  }
})()

it.effect("the dashboard asks for metrics and labels that are served", () =>
  Effect.gen(function* () {
    const labels = yield* served
    const wrong = [...written, ...ofVariables].flatMap((expr) => {
      const names = [...expr.matchAll(/\b(?:lastgood_|process_)[a-z_]+|\bup\b/g)].map(([name]) => name)
      assert.isNotEmpty(names, expr)
      const unknown = names.filter((name) => !labels.has(name))
      const all = new Set(names.flatMap((name) => [...(labels.get(name) ?? [])]))
      const selectors = [...expr.matchAll(/([a-z_]+)\{([^}]*)\}/g)].flatMap(([, name = "", inside = ""]) =>
        [...inside.matchAll(/([a-z_]+)=~?"/g)].flatMap(([, label = ""]) =>
          labels.get(name)?.has(label) === true ? [] : [`${name}{${label}}`]
        )
      )
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)]
        .flatMap(([, list = ""]) => list.split(/, */))
        .filter((label) => !all.has(label))
      return [...unknown, ...selectors, ...grouped]
    })
    assert.deepStrictEqual(wrong, [])
    assert.isAtLeast(written.length, 20)
  })
)

it("the dashboard has one place for each panel, and a description for what its title does not say", () => {
  const { panels } = dashboard
  assert.strictEqual(new Set(panels.map(({ id }) => id)).size, panels.length)
  const places = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, at) => `${x + (at % w)}:${y + Math.floor(at / w)}`)
  )
  assert.strictEqual(new Set(places).size, places.length)
  for (const { gridPos } of panels) assert.isAtMost(gridPos.x + gridPos.w, 24)
})

describeNeeding("LASTGOOD_TEST_PROMTOOL", missing, "promtool", () => {
  it.live("understands each query of the dashboard", () =>
    Effect.gen(function* () {
      const rules = written.map((expr, at) => ({ record: `query:${at}`, expr: sent(expr) }))
      const checked = join(yield* temporaryFolder(), "rules.yml")
      yield* Effect.promise(() => writeFile(checked, JSON.stringify({ groups: [{ name: "dashboard", rules }] })))
      const { all, exitCode } = yield* Effect.promise(() =>
        execa("promtool", ["check", "rules", checked], { all: true, reject: false })
      )
      assert.strictEqual(exitCode, 0, all)
      assert.include(all, `${written.length} rules found`)
    })
  )
})
