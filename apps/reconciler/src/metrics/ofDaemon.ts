/** The metrics of the daemon's own process. Counters start again with it. */
import { healthChecks } from "@lastgood/core/engine/metrics"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Family, Labels, Sample } from "./exposition.ts"
import { lastPass, passes, passesRunning, passesWaiting, passOutcomes } from "./passes.ts"

interface Kept {
  readonly metric: { readonly id: string; readonly description: string | undefined }
  readonly type: "counter" | "gauge"
  /** The series, whether something has happened in them or not. Others are left out, so that their number is bounded. */
  readonly series: ReadonlyArray<Labels>
}

const keyOf = (id: string, labels: Labels): string =>
  JSON.stringify([id, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])

/** What the registry has now, by name and labels: there are several series for each app. */
const valuesIn = (found: ReadonlyArray<Metric.Metric.Snapshot>): ReadonlyMap<string, number> =>
  new Map(
    found.flatMap(({ attributes = {}, id, ...one }) => {
      const value = one.type === "Counter" ? one.state.count : one.type === "Gauge" ? one.state.value : null
      return value === null ? [] : [[keyOf(id, attributes), Number(value)] as const]
    })
  )

const familyOf = ({ metric, series, type }: Kept, values: ReadonlyMap<string, number>): Family => {
  const samples = series.map((labels): Sample => ({ labels, value: values.get(keyOf(metric.id, labels)) ?? 0 }))
  return { name: metric.id, help: metric.description ?? "", type, samples }
}

const simple = (name: string, help: string, type: "counter" | "gauge", value: number): Family => ({
  ...{ name, help, type },
  samples: [{ labels: {}, value }]
})

/** Names that Prometheus' own clients use. */
const ofProcess = (now: number): ReadonlyArray<Family> => {
  const { system, user } = process.cpuUsage()
  return [
    simple("process_start_time_seconds", "When the daemon started.", "gauge", now / 1000 - process.uptime()),
    simple("process_cpu_seconds_total", "Processor time that the daemon used.", "counter", (system + user) / 1e6),
    simple("process_resident_memory_bytes", "Memory of the daemon.", "gauge", process.memoryUsage().rss)
  ]
}

export const ofDaemon = Effect.fn("Metrics.ofDaemon")(function* (apps: ReadonlyArray<string>) {
  const values = valuesIn(yield* Metric.snapshot)
  const now = yield* Clock.currentTimeMillis
  const kept: ReadonlyArray<Kept> = [
    { metric: passes, type: "counter", series: passOutcomes.map((outcome) => ({ outcome })) },
    { metric: passesRunning, type: "gauge", series: [{}] },
    { metric: passesWaiting, type: "gauge", series: [{}] },
    { metric: lastPass, type: "gauge", series: apps.map((app) => ({ app })) },
    {
      metric: healthChecks,
      type: "counter",
      series: apps.flatMap((app) => ["passed", "failed"].map((result) => ({ app, result })))
    }
  ]
  return [...kept.map((one) => familyOf(one, values)), ...ofProcess(now)]
})
