/** Exit codes. They are public and never change their meaning. */
import type { Report } from "@lastgood/core/engine/Request"

export const ExitCode = {
  /** Done, or nothing to do. */
  done: 0,
  error: 1,
  /** The upgrade failed, or the tried version was unhealthy; version and data were rolled back, and the app is healthy. */
  recovered: 3,
  /** The app is unhealthy, or was left down on purpose: an operator has to act. */
  unhealthy: 4,
  /** A gate refused; the app was not touched. */
  refused: 5,
  /** Wrong usage or wrong configuration. */
  usage: 64,
  /** Another process works on the app, or the log is busy: try again later. */
  busy: 75,
  interrupted: 130
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const outcomes: Readonly<Record<Report["outcome"], ExitCode>> = {
  nothing: ExitCode.done,
  recorded: ExitCode.done,
  committed: ExitCode.done,
  done: ExitCode.done,
  recovered: ExitCode.recovered,
  unhealthy: ExitCode.unhealthy,
  "left-down": ExitCode.unhealthy,
  refused: ExitCode.refused,
  failed: ExitCode.error,
  unknown: ExitCode.error
}

export const ofOutcome = (outcome: Report["outcome"]): ExitCode => outcomes[outcome]

const tags: Readonly<Record<string, ExitCode>> = {
  Locked: ExitCode.busy,
  VersionConflict: ExitCode.busy,
  ConfigInvalid: ExitCode.usage,
  ConfigMissing: ExitCode.usage,
  ConfigUnreadable: ExitCode.usage,
  Untrusted: ExitCode.usage,
  PluginBroken: ExitCode.usage,
  SettingsInvalid: ExitCode.usage,
  CommandMissing: ExitCode.usage,
  UnknownApp: ExitCode.usage,
  BadUsage: ExitCode.usage
}

/** @param error a tagged error; `busy`: another process keeps the log busy, so a retry may succeed. */
export const ofError = (error: { readonly _tag: string; readonly busy?: boolean | undefined }): ExitCode =>
  error.busy === true ? ExitCode.busy : (tags[error._tag] ?? ExitCode.error)

/** For several apps: the code of the app that most needs an operator. */
const gravity: ReadonlyArray<ExitCode> = [
  ExitCode.interrupted,
  ExitCode.unhealthy,
  ExitCode.error,
  ExitCode.usage,
  ExitCode.recovered,
  ExitCode.busy,
  ExitCode.refused
]

export const worst = (codes: ReadonlyArray<ExitCode>): ExitCode =>
  gravity.find((code) => codes.includes(code)) ?? ExitCode.done
