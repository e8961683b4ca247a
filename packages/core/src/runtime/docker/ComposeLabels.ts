/** The labels of a service in a compose file, in both of their forms, and its HEALTHCHECK. */
import * as Schema from "effect/Schema"
import type { HealthcheckTiming } from "../Runtime.ts"

export type Labels = Readonly<Record<string, string>>

/** The source of the HEALTHCHECK: the compose file, none (`disable`), or the image. */
export type Healthcheck = "compose" | "none" | "image"

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Value = Schema.NullOr(Schema.Union([Schema.String, Schema.Number, Schema.Boolean]))
export const RawLabels = Schema.Union([Schema.Array(Schema.String), Schema.Record(Schema.String, Value)])

export const RawHealthcheck = Schema.Struct({
  test: optional(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  disable: optional(Schema.Boolean),
  interval: optional(Schema.String),
  timeout: optional(Schema.String),
  start_period: optional(Schema.String),
  retries: optional(Schema.Union([Schema.Number, Schema.String]))
})

export const labelsOf = (raw: typeof RawLabels.Type | null | undefined): Labels => {
  const entries = Array.isArray(raw)
    ? raw.map((line): readonly [string, string] => {
        const at = line.indexOf("=")
        return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)]
      })
    : Object.entries(raw ?? {}).map(([name, value]): readonly [string, string] => [name, String(value ?? "")])
  return Object.fromEntries(entries)
}

/** An empty `test` keeps the image's HEALTHCHECK; `NONE` removes it. */
const looks = (test: string | ReadonlyArray<string> | null | undefined): Healthcheck => {
  const [first] = typeof test === "string" ? [test === "" ? undefined : "CMD-SHELL"] : (test ?? [])
  return first === undefined ? "image" : first === "NONE" ? "none" : "compose"
}

export const healthcheckOf = (raw: typeof RawHealthcheck.Type | null | undefined): Healthcheck =>
  raw?.disable === true ? "none" : looks(raw?.test)

const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration in compose files: `1m30s`. undefined: none, or invalid. */
const millis = (text: string | null | undefined): number | undefined => {
  const parts = [...(text ?? "").matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)]
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, count = "0", unit = "s"]) => sum + Number(count) * (unitMs[unit] ?? 0), 0)
}

/** The times of a HEALTHCHECK that are set. The others come from the image, or from the engine's defaults. */
export type Timing = { readonly [K in keyof HealthcheckTiming]?: number | undefined }

export const timingOf = (raw: typeof RawHealthcheck.Type | null | undefined): Timing => ({
  startPeriodMs: millis(raw?.start_period),
  intervalMs: millis(raw?.interval),
  timeoutMs: millis(raw?.timeout),
  retries: raw?.retries === undefined || raw.retries === null ? undefined : Number(raw.retries)
})

/** The first value that is set counts. */
export const timingFrom = (...said: ReadonlyArray<Timing>): HealthcheckTiming => {
  const first = (key: keyof HealthcheckTiming, otherwise: number) =>
    said.find((one) => (one[key] ?? 0) > 0)?.[key] ?? otherwise
  return {
    startPeriodMs: first("startPeriodMs", 0),
    intervalMs: first("intervalMs", 30_000),
    timeoutMs: first("timeoutMs", 30_000),
    retries: first("retries", 3)
  }
}
