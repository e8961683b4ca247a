/** Prints warnings of the engine and its adapters as lines on standard error. */
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Cause from "effect/Cause"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import { oneLine } from "./render/format.ts"
import type { Screen } from "./Screen.ts"

const words: Readonly<Partial<Record<LogLevel.LogLevel, string>>> = { Warn: "warning", Fatal: "error" }

/**
 * @param daemon true: every line has its time, level and app. false: the operator watches one named app, so only warnings
 *   and errors are marked.
 */
export const logger = (screen: Screen, daemon: boolean) =>
  Logger.layer([
    Logger.make(({ cause, date, fiber, logLevel, message }) => {
      const { app } = fiber.getRef(References.CurrentLogAnnotations)
      const said = (Array.isArray(message) ? message : [message]).map(String).join(" ")
      // Effect takes a cause out of the message.
      const text = cause.reasons.length === 0 ? said : `${said}: ${messageOf(Cause.squash(cause))}`
      const level = words[logLevel] ?? logLevel.toLowerCase()
      const about = typeof app === "string" ? `${app}: ` : ""
      if (daemon) screen.warn(`${date.toISOString()} ${level}: ${oneLine(about + text)}`)
      else if (level === "warning" || level === "error") screen.warn(`${level}: ${text}`)
      else screen.note(text)
    })
  ])
