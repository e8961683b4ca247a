/** Prints warnings of the engine and its adapters as lines on standard error. */
import { logMessage } from "@lastgood/reconciler/logMessage"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import type { Screen } from "./Screen.ts"

const words: Readonly<Partial<Record<LogLevel.LogLevel, string>>> = { Warn: "warning", Error: "error", Fatal: "error" }

/** The operator watches one named app, so only warnings and errors are marked. */
export const logger = (screen: Screen) =>
  Logger.layer([
    Logger.make(({ cause, logLevel, message }) => {
      const text = logMessage({ cause, message })
      const word = words[logLevel]
      if (word === undefined) screen.note(text)
      else screen.warn(`${word}: ${text}`)
    })
  ])
