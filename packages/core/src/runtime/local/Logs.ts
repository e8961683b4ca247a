/** The logs of an app's processes: one file each, `<app>/logs/<process>.log`, kept over deploys. */
import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync
} from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import { makeUnchanged } from "../../disk/unchangedFolder.ts"
import type { App } from "../../domain/App.ts"
import { messageOf } from "../../domain/messageOf.ts"
import { confidentialIn } from "../../secrets/confidential.ts"
import { secretsIn } from "../../secrets/EnvFile.ts"
import { redact } from "../../secrets/Redact.ts"
import { RuntimeFailed } from "../Runtime.ts"
import { maxBytes, rotate, startOf, tailBytes } from "./LogRotation.ts"
import { leaders } from "./Members.ts"

const suffix = ".log"
const folderOf = (app: App): string => join(app.dir, "logs")

export const logFile = (app: App, name: string): string => join(folderOf(app), `${name}${suffix}`)

/** Opens a process's log for appending. Throws Node's error. */
export const openLog = (app: App, name: string): number => {
  const path = logFile(app, name)
  mkdirSync(folderOf(app), { recursive: true, mode: 0o700 })
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > maxBytes) renameSync(path, `${path}.1`)
  return openSync(path, "a", 0o600)
}

export const logSize = (app: App, name: string): number =>
  statSync(logFile(app, name), { throwIfNoEntry: false })?.size ?? 0

/** @param from the first byte to read. */
export const logTail = (app: App, name: string, lines: number, from = 0): ReadonlyArray<string> => {
  try {
    const fd = openSync(logFile(app, name), "r")
    try {
      const { size } = fstatSync(fd)
      // A log that is shorter than `from` was truncated.
      const start = Math.max(from > size ? 0 : from, size - tailBytes)
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

const mostApps = 10_000

const logsIn = makeUnchanged(mostApps, (folder) => ({
  files: [],
  value: namesIn(folder).filter((name) => name.endsWith(suffix))
}))

/** Secrets in a release's Procfile, which a shell repeats in an error. */
const secretsOfProcfile = (releaseDir: string): Effect.Effect<ReadonlyArray<string>> =>
  readSmallText(join(releaseDir, "Procfile"), { followLinks: false }).pipe(
    Effect.map(confidentialIn),
    Effect.catch(() => Effect.succeed([]))
  )

/**
 * Secrets of every env file and Procfile that a process of the app may have been started with: the current ones, and
 * those kept with releases.
 */
const secretsOf = Effect.fnUntraced(function* (app: App) {
  const releases = join(app.dir, "releases")
  const started = leaders(app)
  const commits = namesIn(releases).map((commit) => join(releases, commit))
  const inEnvFiles = yield* secretsIn([
    app.envFile,
    ...started.map(({ envFile }) => envFile),
    ...commits.flatMap((folder) =>
      namesIn(folder)
        .filter((name) => name.startsWith("env."))
        .map((name) => join(folder, name))
    )
  ])
  const folders = new Set([
    ...started.map(({ releaseDir }) => releaseDir),
    ...commits.map((folder) => join(folder, "recipe"))
  ])
  const inProcfiles = yield* Effect.forEach(folders, secretsOfProcfile)
  return [...inEnvFiles, ...inProcfiles.flat()]
})

/**
 * The last log lines of each process, also of ended ones. Of a known process only its own output is shown, since the
 * secrets of an older version may be unknown. The lines of two processes have no common order.
 */
export const logs = Effect.fn("Local.logs")(function* (app: App, lines: number) {
  const secrets = yield* secretsOf(app)
  const from = new Map(leaders(app).map((leader) => [leader.name, startOf(app, leader)]))
  const all = namesIn(folderOf(app)).filter((name) => name.endsWith(suffix))
  return all
    .map((name) => name.slice(0, -suffix.length))
    .flatMap((name) =>
      logTail(app, name, lines, from.get(name) ?? 0).map((line) => `${name} | ${redact(line, secrets)}`)
    )
    .join("\n")
})

/** Rotates every log of an app, also while its processes write to them. */
export const boundLogs = Effect.fnUntraced(function* (app: App) {
  const now = yield* Clock.currentTimeMillis
  const folder = folderOf(app)
  const isLarge = (file: string) => {
    // Not `join`, which costs as much as the look: a host of many apps asks for each of them once a minute.
    const found = lstatSync(`${folder}/${file}`)
    return !found.isFile() || found.size > maxBytes
  }
  const turnAll = () => {
    const large = logsIn(folder).filter(isLarge)
    const known = large.length === 0 ? [] : leaders(app)
    for (const file of large) {
      const name = file.slice(0, -suffix.length)
      const leader = known.find((one) => one.name === name)
      rotate(app, logFile(app, name), leader, now)
    }
  }
  yield* Effect.try({
    try: turnAll,
    catch: (cause) =>
      new RuntimeFailed({
        app: app.name,
        operation: "bounding the logs",
        reason: messageOf(cause),
        next: `make ${folder} writable, and free some space on its disk`
      })
  })
})
