/** What the command's end means to a script. The codes are public and never change their meaning. */
import type { Report } from "@lastgood/core/engine/Request"

export const ExitCode = {
  /** Done, or nothing to do. */
  done: 0,
  error: 1,
  /** The upgrade failed, or the version that was tried was not healthy; version and data are back, and the app was seen healthy. */
  recovered: 3,
  /** The app is not healthy, or was left down on purpose: somebody has to look. */
  unhealthy: 4,
  /** A gate said no; the app was not touched. */
  refused: 5,
  /** Wrong usage or wrong configuration. */
  usage: 64,
  /** Another lastgood works on it, or the log is busy: try again later. */
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

/** @param error a tagged error; `busy` tells a log that another process keeps busy from one that cannot be used. */
export const ofError = (error: { readonly _tag: string; readonly busy?: boolean | undefined }): ExitCode =>
  error.busy === true ? ExitCode.busy : (tags[error._tag] ?? ExitCode.error)

/** For several apps at once: the one that most needs somebody. */
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
