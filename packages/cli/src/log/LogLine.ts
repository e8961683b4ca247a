/** One line of the daemon's log, and how it is written for a machine: as JSON, or for systemd's journal. Pure. */
import { instants, oneLine, visibleJson } from "../render/format.ts"

export type Level = "debug" | "info" | "warning" | "error"

export interface LogLine {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly level: Level
  readonly app: string | null
  /** The type of an event of the log, or `DaemonStarted`, `DaemonStopping`, `PassEnded`. null: a message. */
  readonly event: string | null
  readonly message: string
  /** What the operator can do; empty: nothing. */
  readonly next: string
  /** Further keys of the JSON: values that JSON can hold. */
  readonly more: Readonly<Record<string, unknown>>
}

/** The message for people, with what they can do. */
export const textOf = ({ message, next }: Pick<LogLine, "message" | "next">): string =>
  `${message}${next === "" ? "" : ` (next: ${next})`}`

/** One JSON object, with the keys in a fixed order. What does not apply is left out. */
export const toJson = ({ app, event, level, message, more, next, time }: LogLine): string =>
  visibleJson(
    JSON.stringify({
      time,
      level,
      ...(app === null ? {} : { app }),
      ...(event === null ? {} : { event }),
      message,
      ...(next === "" ? {} : { next }),
      ...more
    })
  )

/** The priorities of syslog, which systemd reads from `<N>` at the begin of a line. */
const priorities: Readonly<Record<Level, number>> = { error: 3, warning: 4, info: 6, debug: 7 }

/** Without time, unit and process: the journal has them. */
export const toJournal = (line: LogLine): string => {
  const { app, event, level } = line
  const isOfLog = event !== null && Object.hasOwn(line.more, "position")
  const parts = [app === null ? "" : `${app}:`, isOfLog ? event : "", textOf(line)].filter((part) => part !== "")
  return `<${priorities[level]}>${oneLine(instants(parts.join(" ")))}`
}
