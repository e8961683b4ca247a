/**
 * Sends traces, metrics and logs to a collector (OTLP over HTTP). It is loaded only where one is configured. A collector that
 * is away, slow or broken delays nothing: what waits for it is bounded, and thrown away while it takes nothing.
 */
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { HttpClientError, TransportError } from "effect/http/HttpClientError"
import * as Layer from "effect/Layer"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as References from "effect/References"
import type * as Tracer from "effect/Tracer"
import { briefFetch } from "./briefFetch.ts"
import { type LoggedLine, logRecord } from "./logRecord.ts"
import type { Measure } from "./Measure.ts"
import { metricDataOf } from "./metricData.ts"
import type { Endpoint, TelemetrySettings } from "./settings.ts"
import { makeTracer } from "./tracer.ts"

export interface Telemetry {
  /** null: traces are not sent. */
  readonly tracer: Tracer.Tracer | null
  readonly log: (line: LoggedLine) => void
  /** null: metrics are not sent. */
  readonly measure: Measure | null
}

/** The daemon ends within this time after its work, for each signal, whatever the collector does. */
const shutdownTimeout = Duration.seconds(1)
/** More spans or lines than this are sent at once. */
const maxBatchSize = 512

/** The innermost reason says the most: `connect ECONNREFUSED 127.0.0.1:4318`. It quotes no header. */
const causeOf = (reason: unknown): string => {
  const cause = typeof reason === "object" && reason !== null && "cause" in reason ? reason.cause : undefined
  return cause === undefined ? messageOf(reason) : causeOf(cause)
}

const whyOf = ({ reason }: HttpClientError): string =>
  "description" in reason && reason.description !== undefined ? reason.description : causeOf(reason)

/** Says once that the collector takes nothing, until it does: it does not answer, or it refuses. */
const makeClient = Effect.fnUntraced(function* (timeoutMs: number) {
  let isFailing = false
  const failed = (url: string, why: string) =>
    Effect.suspend(() => {
      if (isFailing) return Effect.void
      isFailing = true
      return Effect.logWarning(`telemetry is not taken by ${new URL(url).host}: ${why}`).pipe(
        // Those of the exporter would become keys of the line.
        Effect.provideService(References.CurrentLogAnnotations, {})
      )
    })
  const taken = Effect.sync(() => {
    isFailing = false
  })
  return (yield* HttpClient.HttpClient).pipe(
    HttpClient.transform((response, request) =>
      Effect.timeoutOrElse(Effect.provideService(response, FetchHttpClient.Fetch, briefFetch), {
        duration: timeoutMs,
        orElse: () =>
          Effect.fail(
            new HttpClientError({
              reason: new TransportError({ request, description: `no answer in ${timeoutMs} ms` })
            })
          )
      }).pipe(
        Effect.tap(({ status }) => (status < 300 ? taken : failed(request.url, `it answers ${status}`))),
        Effect.tapError((error) => failed(request.url, whyOf(error)))
      )
    )
  )
})

/** Sends until the scope closes. */
export const startTelemetry = Effect.fn("Telemetry.start")(function* (settings: TelemetrySettings, version: string) {
  const { endpoints, metricsEveryMs, protocol, serviceName, timeoutMs } = settings
  const named = { serviceName, serviceVersion: version }
  const resource = yield* OtlpResource.fromConfig(named)
  const scope = { name: "lastgood", version }
  const services = yield* Layer.build(
    Layer.mergeAll(
      FetchHttpClient.layer,
      OtlpExporter.layerFlusher,
      protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf
    )
  )
  const client = yield* Effect.provideContext(makeClient(timeoutMs), services)
  const context = Context.add(services, HttpClient.HttpClient, client)
  const encode = Context.get(services, OtlpSerialization.OtlpSerialization)
  type Body = Parameters<typeof OtlpExporter.make>[0]["body"]
  const exporter = (label: string, { headers, url }: Endpoint, everySeconds: number, body: Body, most = maxBatchSize) =>
    OtlpExporter.make({
      ...{ url, headers, label, maxBatchSize: most, shutdownTimeout, body },
      exportInterval: Duration.seconds(everySeconds)
    })
  return yield* Effect.gen(function* () {
    const { logs, metrics, traces } = endpoints
    const spans =
      traces === undefined
        ? null
        : yield* exporter("Traces", traces, 5, (all) => [
            encode.traces({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: all }] }] }),
            Effect.void
          ])
    const records =
      logs === undefined
        ? null
        : yield* exporter("Logs", logs, 2, (all) => [
            encode.logs({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: all }] }] }),
            Effect.void
          ])
    const readings =
      metrics === undefined
        ? null
        : yield* exporter(
            "Metrics",
            metrics,
            metricsEveryMs / 1000,
            // Each reading is sent at once, and has all that the one before had.
            (all) => [
              encode.metrics({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: all.at(-1) }] }] }),
              Effect.void
            ],
            1
          )
    const measure: Measure = (families) =>
      Effect.gen(function* () {
        readings?.push(metricDataOf(yield* families, yield* Clock.currentTimeMillis))
        yield* Effect.sleep(metricsEveryMs)
      }).pipe(Effect.forever)
    const telemetry: Telemetry = {
      tracer: spans === null ? null : makeTracer((span) => spans.push(span)),
      log: (line) => records?.push(logRecord(line)),
      measure: readings === null ? null : measure
    }
    return telemetry
  }).pipe(Effect.provideContext(context))
})
