/**
 * The daemon's log messages as lines of its log. Annotations of a message are keys of its line. `event`: its type. `next`:
 * what the operator can do. `summary`: it repeats what events of the log say, for a person who reads the timeline.
 */
import { logMessage } from "@lastgood/reconciler/logMessage"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import type { Level, LogLine } from "./LogLine.ts"
import type { Form } from "./sayLine.ts"

const levels: Readonly<Partial<Record<LogLevel.LogLevel, Level>>> = {
  Info: "info",
  Warn: "warning",
  Error: "error",
  Fatal: "error"
}

const textIn = (value: unknown): string | null => (typeof value === "string" ? value : null)

/** @param onLine also hears of every line that a program would read. */
export const daemonLogger = ({ isForPeople, say }: Form, onLine: (line: LogLine) => void = () => undefined) =>
  Logger.layer([
    Logger.make(({ cause, date, fiber, logLevel, message }) => {
      const { app, event, next, summary, ...more } = fiber.getRef(References.CurrentLogAnnotations)
      const line: LogLine = {
        time: date.toISOString(),
        level: levels[logLevel] ?? "debug",
        app: textIn(app),
        event: textIn(event),
        message: logMessage({ cause, message }),
        next: textIn(next) ?? "",
        more
      }
      if (summary !== true) onLine(line)
      if (summary !== true || isForPeople) say(line)
    })
  ])
