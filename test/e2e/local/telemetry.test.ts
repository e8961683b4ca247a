/** Telemetry, as a collector sees it: one that takes everything, and those that hang, fail or are away. */
import { assert, describe, it } from "@effect/vitest"
import { freePort } from "@lastgood/testing/freePort"
import { type Answer, recorder } from "@lastgood/testing/recorder"
import * as Effect from "effect/Effect"
import { installed } from "../expect.ts"
import { migrates, v2, type World, waitUntil } from "../harness.ts"

const secret = "c4nary-Wq8-secret"
const options = { env: { TOKEN: secret }, config: "    interval: 300ms\n" }

interface Value {
  readonly stringValue?: string
}
interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: number }
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: Value }>
}

const attribute = (span: Span, key: string) => span.attributes.find((one) => one.key === key)?.value.stringValue

/** A collector on loopback, with what it was sent as JSON. */
const collector = Effect.fnUntraced(function* (answer: () => Answer | null) {
  const { port, seen } = yield* recorder(answer)
  const bodies = () => seen.map(({ body }) => body)
  const all = (key: string) =>
    bodies()
      .filter((body) => body.startsWith(`{"${key}"`))
      .map((body) => JSON.parse(body))
  const spans = (): ReadonlyArray<Span> =>
    all("resourceSpans").flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans)
  const headers = () => new Set(seen.map(({ headers }) => `${headers["content-type"]} ${headers["x-key"]}`))
  return { url: `http://127.0.0.1:${port}`, bodies, paths: () => seen.map(({ url }) => url), headers, all, spans }
})

const takes = (): Answer => ({ headers: { "content-type": "application/json" }, body: "{}" })

const otel = (url: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_EXPORTER_OTLP_HEADERS: `x-key=${secret}`,
  OTEL_METRIC_EXPORT_INTERVAL: "500"
})

const isUpgraded = (world: World) =>
  waitUntil(
    "the daemon does not upgrade",
    Effect.map(world.log, ({ events }) => events.filter(({ type }) => type === "AttemptEnded").length === 2),
    150_000
  )

describe.concurrent("telemetry", () => {
  /** Verifies: LAW-12 */
  it.live("shows an attempt as one trace, also if lastgood was killed in it", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const seen = yield* collector(takes)
      yield* world.tag(v2, migrates)
      const killed = world.start(["reconcile"], { ...otel(seen.url), ...world.fault("forward/health:before:kill") })
      yield* killed.done
      const daemon = world.start(["reconcile"], otel(seen.url))
      yield* isUpgraded(world)
      daemon.signal("SIGTERM")
      yield* daemon.done

      const spans = seen.spans()
      const roots = spans.filter(({ name }) => name === "lastgood.attempt")
      const attempts = (yield* world.log).events.filter(({ type }) => type === "UpgradeAttempted")
      assert.lengthOf(roots, 1)
      const [root] = roots
      if (root === undefined) return
      assert.strictEqual(root.traceId, attempts[0]?.attempt?.replaceAll("-", ""))
      assert.isUndefined(root.parentSpanId)
      assert.strictEqual(attribute(root, "outcome"), "committed")
      assert.strictEqual(root.status.code, 1)
      assert.strictEqual(Number(BigInt(root.startTimeUnixNano) / 1_000_000n), Date.parse(attempts[0]?.at ?? ""))
      const steps = spans.filter(({ name }) => name.startsWith("lastgood.step."))
      for (const { parentSpanId, traceId } of steps)
        assert.deepStrictEqual({ parentSpanId, traceId }, { parentSpanId: root.spanId, traceId: root.traceId })
      assert.includeMembers(
        steps.map(({ name }) => name),
        ["health", "seal", "tidy"].map((step) => `lastgood.step.${step}`)
      )
      const tools = spans.filter(({ name }) => name.startsWith("lastgood.tool."))
      assert.isAbove(tools.length, 0)
      // The killed process did not end the step that it was in.
      const known = new Set(steps.map(({ spanId }) => spanId))
      assert.isAbove(tools.filter(({ parentSpanId = "" }) => known.has(parentSpanId)).length, 0)
      for (const { traceId } of tools) assert.strictEqual(traceId, root.traceId)
      assert.lengthOf(spans, 1 + steps.length + tools.length)

      const logs = seen.all("resourceLogs").flatMap(({ resourceLogs }) => resourceLogs[0].scopeLogs[0].logRecords)
      assert.include(JSON.stringify(logs), '"stringValue":"DaemonStarted"')
      assert.isTrue(logs.some(({ traceId }) => traceId === root.traceId))
      const metrics = JSON.stringify(seen.all("resourceMetrics").at(-1))
      for (const name of ["attempts_total", "app_info", "downtime_seconds", "log_position", "daemon_passes_total"])
        assert.include(metrics, `"name":"lastgood_${name}"`)
      assert.include(metrics, `"stringValue":"${v2}"`)
      assert.include(seen.bodies()[0], '"service.name"')
      assert.sameMembers([...new Set(seen.paths())], ["/v1/traces", "/v1/metrics", "/v1/logs"])
      assert.deepStrictEqual([...seen.headers()], [`application/json ${secret}`])
      assert.notInclude(seen.bodies().join("\n"), secret)
    })
  )

  it.live.each([
    ["hangs", (): Answer | null => null],
    ["answers 500", (): Answer | null => ({ status: 500 })],
    ["is away", null]
  ] as const)("does not delay an upgrade or the end of the daemon if the collector %s", ([, answer]) =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const url =
        answer === null ? `http://127.0.0.1:${yield* Effect.promise(freePort)}` : (yield* collector(answer)).url
      const daemon = world.start(["reconcile"], { ...otel(url), OTEL_EXPORTER_OTLP_TIMEOUT: "1000" })
      yield* world.tag(v2, migrates)
      yield* isUpgraded(world)
      const { host } = new URL(url)
      const warns = new RegExp(`telemetry is not taken by ${host}`, "g")
      yield* waitUntil(
        "the daemon does not say it",
        // The exporter tries again before it gives up.
        Effect.sync(() => new RegExp(warns.source).test(daemon.said())),
        90_000
      )
      daemon.signal("SIGTERM")
      const ended = yield* Effect.timeoutOption(daemon.done, "15 seconds")
      assert.strictEqual(ended._tag, "Some", "the daemon does not end")
      assert.lengthOf(daemon.said().match(warns) ?? [], 1, daemon.said())
      assert.notInclude(daemon.said(), secret)
    })
  )

  it.live("is sent as protobuf unless JSON is asked for, and only for the signals that have an exporter", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const seen = yield* collector(takes)
      const { OTEL_EXPORTER_OTLP_PROTOCOL: _, ...variables } = otel(seen.url)
      const daemon = world.start(["reconcile"], {
        ...variables,
        OTEL_LOGS_EXPORTER: "none",
        OTEL_TRACES_EXPORTER: "none"
      })
      yield* waitUntil(
        "nothing is sent",
        Effect.sync(() => seen.paths().length > 1),
        60_000
      )
      daemon.signal("SIGTERM")
      yield* daemon.done
      assert.deepStrictEqual([...new Set(seen.paths())], ["/v1/metrics"])
      assert.deepStrictEqual([...seen.headers()], [`application/x-protobuf ${secret}`])
    })
  )
})
