/** What the processes of an app print: one file each, `<app>/logs/<process>.log`, kept over deploys. */
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { redact } from "../../process/Redact.ts"
import { secretsIn } from "../EnvFile.ts"
import { leaders } from "./Members.ts"

/** A log beyond this is set aside as `<name>.log.1` when its process is started again. */
const maxBytes = 10 * 1024 * 1024
/** How much of a log's end is looked at for its last lines. */
const tailBytes = 64 * 1024

const suffix = ".log"
const folderOf = (app: App): string => join(app.dir, "logs")

export const logFile = (app: App, name: string): string => join(folderOf(app), `${name}${suffix}`)

/** Opens a process's log to be written at its end. Throws node's own error. */
export const openLog = (app: App, name: string): number => {
  const path = logFile(app, name)
  mkdirSync(folderOf(app), { recursive: true, mode: 0o700 })
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > maxBytes) renameSync(path, `${path}.1`)
  return openSync(path, "a", 0o600)
}

export const logSize = (app: App, name: string): number =>
  statSync(logFile(app, name), { throwIfNoEntry: false })?.size ?? 0

/** @param from byte at which to begin, at the earliest. */
export const logTail = (app: App, name: string, lines: number, from = 0): ReadonlyArray<string> => {
  try {
    const fd = openSync(logFile(app, name), "r")
    try {
      const { size } = fstatSync(fd)
      const start = Math.max(from, size - tailBytes)
      const bytes = Buffer.alloc(Math.max(0, size - start))
      const text = bytes
        .subarray(0, readSync(fd, bytes, 0, bytes.length, start))
        .toString("utf8")
        .trimEnd()
      return text === "" ? [] : text.split("\n").slice(-lines)
    } finally {
      closeSync(fd)
    }
  } catch {
    return []
  }
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

/** Of every env file that a process of the app may have been given: the one of now, and those kept with releases. */
const secretsOf = (app: App): Effect.Effect<ReadonlyArray<string>> => {
  const releases = join(app.dir, "releases")
  return secretsIn([
    app.envFile,
    ...leaders(app).map(({ envFile }) => envFile),
    ...namesIn(releases).map((commit) => join(releases, commit, "env"))
  ])
}

/** The last lines of each process, also of those that have ended. Nothing orders the lines of two. */
export const logs = Effect.fn("local.logs")(function* (app: App, lines: number) {
  const secrets = yield* secretsOf(app)
  const all = namesIn(folderOf(app)).filter((name) => name.endsWith(suffix))
  return all
    .map((name) => name.slice(0, -suffix.length))
    .flatMap((name) => logTail(app, name, lines).map((line) => `${name} | ${redact(line, secrets)}`))
    .join("\n")
})
