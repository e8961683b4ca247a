/** Where telemetry goes, by the variables of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export const signals = ["traces", "metrics", "logs"] as const
export type Signal = (typeof signals)[number]

export interface Endpoint {
  readonly url: string
  /** They may hold secrets. */
  readonly headers: Readonly<Record<string, string>>
}

export interface TelemetrySettings {
  /** A signal without an endpoint is not sent. */
  readonly endpoints: Readonly<Partial<Record<Signal, Endpoint>>>
  readonly protocol: "http/json" | "http/protobuf"
  readonly serviceName: string
  /** How often metrics are sent, in milliseconds. */
  readonly metricsEveryMs: number
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number
}

const headersIn = (name: string) => Config.Record(Schema.String, Schema.StringFromUriComponent, name)

/** The endpoint of all signals is a base, that of one signal the whole URL. */
const urlOf = (signal: Signal) =>
  Config.URL(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`).pipe(
    Config.orElse(() =>
      Config.map(Config.URL("OTEL_EXPORTER_OTLP_ENDPOINT"), (base) => {
        const url = new URL(base)
        url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal}`
        return url
      })
    )
  )

const endpointOf = Effect.fnUntraced(function* (signal: Signal) {
  const upper = signal.toUpperCase()
  const exporter = yield* Config.withDefault(Config.String(`OTEL_${upper}_EXPORTER`), "otlp")
  const url = Option.getOrNull(yield* Config.option(urlOf(signal)))
  if (exporter.trim() !== "otlp" || url === null) return []
  const own = headersIn(`OTEL_EXPORTER_OTLP_${upper}_HEADERS`)
  const headers = yield* own.pipe(
    Config.orElse(() => headersIn("OTEL_EXPORTER_OTLP_HEADERS")),
    Config.withDefault({})
  )
  return [[signal, { url: url.toString(), headers }] as const]
})

/** null: nothing is sent. Fails with `ConfigError` if a variable is wrong. */
export const telemetrySettings = Effect.gen(function* () {
  if (yield* Config.withDefault(Config.Boolean("OTEL_SDK_DISABLED"), false)) return null
  const endpoints = (yield* Effect.forEach(signals, endpointOf)).flat()
  if (endpoints.length === 0) return null
  const settings: TelemetrySettings = {
    endpoints: Object.fromEntries(endpoints),
    ...(yield* Config.all({
      protocol: Config.withDefault(
        Config.Literals(["http/protobuf", "http/json"], "OTEL_EXPORTER_OTLP_PROTOCOL"),
        "http/protobuf"
      ),
      serviceName: Config.withDefault(Config.String("OTEL_SERVICE_NAME"), "lastgood"),
      metricsEveryMs: Config.withDefault(Config.Int("OTEL_METRIC_EXPORT_INTERVAL"), 60_000),
      timeoutMs: Config.withDefault(Config.Int("OTEL_EXPORTER_OTLP_TIMEOUT"), 10_000)
    }))
  }
  return settings
})
