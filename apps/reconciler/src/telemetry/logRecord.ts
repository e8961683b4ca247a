/** A line of the daemon's log as a record of OTLP. Pure. */
import type { LogsData } from "effect/observability/OtlpLogger"
import { entriesToAttributes } from "effect/observability/OtlpResource"

/** What a line needs for it. */
export interface LoggedLine {
  /** ISO 8601. */
  readonly time: string
  readonly level: "debug" | "info" | "warning" | "error"
  readonly app: string | null
  readonly event: string | null
  readonly message: string
  readonly next: string
  readonly more: Readonly<Record<string, unknown>>
}

export type LogRecord = NonNullable<LogsData["resourceLogs"][number]["scopeLogs"][number]["logRecords"]>[number]

const severities = { debug: 5, info: 9, warning: 13, error: 17 } as const

export const logRecord = ({ app, event, level, message, more, next, time }: LoggedLine): LogRecord => {
  const at = String(BigInt(Date.parse(time)) * 1_000_000n)
  const { attempt } = more
  const attributes = {
    ...(app === null ? {} : { app }),
    ...(event === null ? {} : { event }),
    ...(next === "" ? {} : { next }),
    ...Object.fromEntries(
      Object.entries(more).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : value])
    )
  }
  return {
    timeUnixNano: at,
    observedTimeUnixNano: at,
    severityNumber: severities[level],
    severityText: level,
    body: { stringValue: message },
    attributes: entriesToAttributes(Object.entries(attributes)),
    droppedAttributesCount: 0,
    ...(typeof attempt === "string" ? { traceId: attempt.replaceAll("-", "") } : {})
  }
}
