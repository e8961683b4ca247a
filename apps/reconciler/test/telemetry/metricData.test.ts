import { assert, describe, it } from "@effect/vitest"
import { recorder } from "@lastgood/testing/recorder"
import * as Effect from "effect/Effect"
import { exposition, type Family } from "../../src/metrics/exposition.ts"
import { startTelemetry } from "../../src/telemetry/telemetry.ts"

const families: ReadonlyArray<Family> = [
  { name: "lastgood_app_healthy", help: "Healthy.", type: "gauge", samples: [{ labels: { app: "demo" }, value: 1 }] },
  {
    ...{ name: "lastgood_attempts_total", help: "Attempts.", type: "counter" },
    samples: [
      { labels: { app: "demo", outcome: "committed" }, value: 2 },
      { labels: { app: "demo", outcome: "recovered" }, value: 0 }
    ]
  },
  {
    ...{ name: "lastgood_downtime_seconds", help: "Down.", type: "histogram" },
    distributions: [{ labels: { app: "demo" }, bounds: [1, 5], counts: [1, 0, 2], sum: 61.5 }]
  },
  { name: "process_resident_memory_bytes", help: "Memory.", type: "gauge", samples: [{ labels: {}, value: 1e6 }] }
]

interface Point {
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue: string } }>
  readonly asDouble: number
  readonly count: number
  readonly sum: number
  readonly bucketCounts: ReadonlyArray<number>
  readonly explicitBounds: ReadonlyArray<number>
}
interface Sent {
  readonly name: string
  readonly unit: string
  readonly gauge?: { readonly dataPoints: ReadonlyArray<Point> }
  readonly sum?: { readonly dataPoints: ReadonlyArray<Point>; readonly isMonotonic: boolean }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<Point> }
}

/** What a collector got, as Prometheus' text: it must be the same page. */
const asText = (metrics: ReadonlyArray<Sent>): string => {
  const linesOf = ({ attributes, ...point }: Point, name: string) => {
    const pairs = attributes.map(({ key, value }) => `${key}="${value.stringValue}"`)
    const line = (end: string, value: number, more: ReadonlyArray<string> = []) => {
      const all = [...pairs, ...more]
      return `${name}${end}${all.length === 0 ? "" : `{${all.join(",")}}`} ${value}`
    }
    if (point.bucketCounts === undefined) return [line("", point.asDouble)]
    let seen = 0
    const buckets = point.bucketCounts.map((count, i) => {
      seen += count
      return line("_bucket", seen, [`le="${point.explicitBounds[i] ?? "+Inf"}"`])
    })
    return [...buckets, line("_sum", point.sum), line("_count", point.count)]
  }
  return metrics
    .flatMap(({ gauge, histogram, name, sum }) =>
      (gauge ?? sum ?? histogram)?.dataPoints.flatMap((point) => linesOf(point, name))
    )
    .join("\n")
}

/** What a collector gets of two readings. */
const sentAs = Effect.fnUntraced(function* (protocol: "http/json" | "http/protobuf") {
  const { port, seen, until } = yield* recorder()
  yield* Effect.gen(function* () {
    const { measure } = yield* startTelemetry(
      {
        endpoints: { metrics: { url: `http://127.0.0.1:${port}/v1/metrics`, headers: {} } },
        ...{ protocol, serviceName: "lastgood", metricsEveryMs: 50, timeoutMs: 5000 }
      },
      "1.0.0"
    )
    if (measure === null) return assert.fail("metrics are not sent")
    yield* Effect.raceFirst(
      measure(Effect.succeed(families)),
      Effect.promise(() => until(2))
    )
  }).pipe(Effect.scoped)
  return seen
})

describe("the metrics that a collector gets", () => {
  it.live("are those of the page, with its names, labels and values, and with units", () =>
    Effect.gen(function* () {
      const seen = yield* sentAs("http/json")
      const metrics: ReadonlyArray<Sent> = JSON.parse(seen[0]?.body ?? "").resourceMetrics[0].scopeMetrics[0].metrics
      const page = exposition(families)
      assert.strictEqual(asText(metrics), page.replace(/^#.*\n/gm, "").trimEnd())
      assert.deepStrictEqual(
        metrics.map(({ unit }) => unit),
        ["1", "1", "s", "By"]
      )
      assert.isTrue(metrics[1]?.sum?.isMonotonic)
    })
  )

  it.live("can be sent as protobuf", () =>
    Effect.gen(function* () {
      const [first] = yield* sentAs("http/protobuf")
      for (const { name } of families) assert.include(first?.body, name)
    })
  )
})
