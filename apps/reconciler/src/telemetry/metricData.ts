/** The metrics of `/metrics` as OTLP sends them: the same names, labels and values. Pure. */
import type { OtlpSerialization } from "effect/observability/OtlpSerialization"
import type { Distribution, Family, Labels } from "../metrics/exposition.ts"

export type MetricsData = Parameters<OtlpSerialization["Service"]["metrics"]>[0]
type Metric = MetricsData["resourceMetrics"][number]["scopeMetrics"][number]["metrics"][number]

/** The sum since the beginning, not since the last message. */
const cumulative = 2

/** When counting began: what is counted in the log goes on over restarts of the daemon. */
const unknown = "0"

const attributesOf = (labels: Labels) =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } }))

/** By Prometheus' conventions, the unit is the end of the name; OTLP has it apart (UCUM). */
const unitOf = (name: string): string => {
  if (/_seconds(?:_total)?$/.test(name)) return "s"
  return /_bytes(?:_total)?$/.test(name) ? "By" : "1"
}

const ofDistribution = ({ bounds, counts, labels, sum }: Distribution, timeUnixNano: string) => ({
  attributes: attributesOf(labels),
  startTimeUnixNano: unknown,
  timeUnixNano,
  count: counts.reduce((all, one) => all + one, 0),
  sum,
  bucketCounts: Array.from({ length: bounds.length + 1 }, (_, i) => counts[i] ?? 0),
  explicitBounds: [...bounds]
})

/** @param now epoch milliseconds. */
export const metricDataOf = (families: ReadonlyArray<Family>, now: number): Array<Metric> => {
  const timeUnixNano = String(BigInt(Math.floor(now)) * 1_000_000n)
  return families.map((family): Metric => {
    const named = { name: family.name, description: family.help, unit: unitOf(family.name) }
    if (family.type === "histogram") {
      const dataPoints = family.distributions.map((one) => ofDistribution(one, timeUnixNano))
      return { ...named, histogram: { dataPoints, aggregationTemporality: cumulative } }
    }
    const dataPoints = family.samples.map(({ labels, value }) => ({
      attributes: attributesOf(labels),
      startTimeUnixNano: unknown,
      timeUnixNano,
      asDouble: value
    }))
    return family.type === "gauge"
      ? { ...named, gauge: { dataPoints } }
      : { ...named, sum: { dataPoints, aggregationTemporality: cumulative, isMonotonic: true } }
  })
}
