/**
 * Which processes belong to an app. A process belongs to it when the kernel says so (`Containment.ts`), or it was started
 * with the app's mark in its environment, or is in a session that such a process leads, or descends from one that
 * belongs. An app that an older lastgood started is known by the last three alone.
 */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { replaceFile } from "../../disk/replaceFile.ts"
import type { App } from "../../domain/App.ts"
import { asError } from "../../domain/messageOf.ts"
import { bootId, everyProcess, identityOf, linkOf, type ProcessInfo, processInfo, variableOf } from "../../host/Proc.ts"
import { lookAtHost } from "../lookAtHost.ts"
import type { RuntimeUnavailable } from "../Runtime.ts"
import { type Kin, kinship } from "./Containment.ts"

/**
 * What was started as one line of a Procfile: the leader of its own session. `<app>/run/<name>.json`: only what the
 * kernel cannot tell, such as that a process which should be there is not. Whether one runs is always asked of it.
 */
export const Leader = Schema.Struct({
  name: Schema.String,
  pid: Schema.Int,
  startTicks: Schema.String,
  boot: Schema.String,
  version: Schema.String,
  commit: Schema.String,
  /** Release and environment together: the same means that nothing has to be started again. */
  deployment: Schema.String,
  /** The fingerprint of what was asked for: its line of the Procfile, and its variables. Missing in old ones. */
  config: Schema.optionalKey(Schema.NullOr(Schema.String)),
  releaseDir: Schema.String,
  envFile: Schema.NullOr(Schema.String),
  /** Every process of the release: one that was never started has no record of its own. */
  processes: Schema.Array(Schema.String),
  /** Byte of its log where what this process printed begins; what is before it is another version's. Missing in old ones. */
  logFrom: Schema.optionalKey(Schema.Int)
})
export type Leader = typeof Leader.Type

const LeaderJson = Schema.fromJsonString(Leader)
const decodeLeader = Schema.decodeUnknownOption(LeaderJson)
const encodeLeader = Schema.encodeSync(LeaderJson)

export const runFolder = (app: App): string => join(app.dir, "run")

const recordOf = (app: App, { name }: Pick<Leader, "name">): string => join(runFolder(app), `${name}.json`)

export const saveLeader = (app: App, leader: Leader): Effect.Effect<void, Error> =>
  Effect.tryPromise({
    try: () => mkdir(runFolder(app), { recursive: true, mode: 0o700 }),
    catch: asError
  }).pipe(Effect.andThen(replaceFile(recordOf(app, leader), encodeLeader(leader), 0o600)))

/** Drops records; a record that stays is harmless, since the kernel is asked whether its process lives. */
export const forgetLeaders = (app: App, forgotten: ReadonlyArray<Leader>): Effect.Effect<void> =>
  Effect.forEach(
    forgotten,
    (leader) => Effect.promise(() => rm(recordOf(app, leader), { force: true }).catch(() => undefined)),
    { discard: true }
  )

/** Every leader that was recorded, running or not. A record that cannot be read is none. */
export const leaders = (app: App): ReadonlyArray<Leader> => {
  try {
    return readdirSync(runFolder(app))
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => Option.toArray(decodeLeader(readFileSync(join(runFolder(app), name), "utf8"))))
  } catch {
    return []
  }
}

export const isAlive = (leader: Leader): boolean =>
  leader.boot === bootId() && processInfo(leader.pid)?.startTicks === leader.startTicks

/** The variable that marks everything that is started for an app: unique for a root and an app in it. */
export const markVariable = "LASTGOOD_APP_DIR"

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Whether a mark is the app's, also when the root was reached by another path then (a symlink). */
const isMarkOf = (app: App): ((mark: string) => boolean) => {
  const own = real(app.dir)
  return (mark) => mark === app.dir || real(mark) === own
}

const folderAt = (path: string): string | null => {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

/** In a container the same path may be another folder: the process is another lastgood's, and not to be touched. */
const seesAnotherFolder = (pid: number, dir: string): boolean => {
  if (linkOf(`/proc/${pid}/ns/mnt`) === linkOf("/proc/self/ns/mnt")) return false
  const theirs = folderAt(`/proc/${pid}/root${dir}`)
  return theirs !== null && theirs !== folderAt(dir)
}

/** Pids of some processes and of everything that descends from them. */
const withDescendants = (all: ReadonlyArray<ProcessInfo>, first: ReadonlyArray<ProcessInfo>): ReadonlySet<number> => {
  const found = new Set(first.map(({ pid }) => pid))
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  return found
}

export interface Member extends ProcessInfo {
  /** Its process group holds nobody but members. */
  readonly ownGroup: boolean
  /** The line of the Procfile that it is, or descends from, by its control group; null: it is in none of the app's. */
  readonly process: string | null
}

/** What the environment says that a process was started with. */
const markOf = (app: App, isOwn: (mark: string) => boolean, pid: number): Kin => {
  const mark = variableOf(pid, markVariable)
  if (mark === null) return { of: "unknown" }
  return isOwn(mark) && !seesAnotherFolder(pid, app.dir) ? { of: "app", process: null } : { of: "another" }
}

/**
 * Everything of the app that is alive, lastgood itself excepted.
 *
 * @param known identities of processes that belonged to the app before, whose session's leader may have ended since.
 */
export const members = (
  app: App,
  known: ReadonlySet<string> = new Set()
): Effect.Effect<ReadonlyArray<Member>, RuntimeUnavailable> =>
  lookAtHost("local", () => {
    const isOwn = isMarkOf(app)
    const kinOf = kinship(app)
    const all = everyProcess((one) => {
      const kin = kinOf(one.pid, () => markOf(app, isOwn, one.pid))
      return { ...one, isMarked: kin.of === "app", process: kin.of === "app" ? kin.process : null }
    })
    const recorded = new Set(
      leaders(app)
        .filter(isAlive)
        .map(({ pid }) => pid)
    )
    // Only sessions that one of its processes leads: a command that runs beside the app (`exec`, a check) may be in that
    // of an operator's shell.
    const sessions = new Set(
      all
        .filter(({ pid, session, isMarked }) => pid === session && (recorded.has(pid) || isMarked))
        .map(({ pid }) => pid)
    )
    const own = withDescendants(
      all,
      all.filter((one) => one.isMarked || sessions.has(one.session) || known.has(identityOf(one)))
    )
    return all
      .filter(({ pid }) => own.has(pid) && pid !== process.pid)
      .map(({ isMarked: _, ...one }): Member => ({ ...one, ownGroup: sessions.has(one.session) }))
  })

/**
 * Those of some members that are not of the sessions of some leaders, nor descend from them. All that is in the control
 * group of a leader does: whatever was in it before was ended before the leader was started.
 */
export const strangersAmong = (
  all: ReadonlyArray<Member>,
  current: ReadonlyArray<Pick<Leader, "name" | "pid">>
): ReadonlyArray<Member> => {
  const leaderPids = new Set(current.map(({ pid }) => pid))
  const names = new Set(current.map(({ name }) => name))
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]))
  const descends = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) if (leaderPids.has(at)) return true
    return false
  }
  return all.filter(
    ({ pid, session, process: name }) =>
      !leaderPids.has(session) && !descends(pid) && (name === null || !names.has(name))
  )
}

/** The processes that lastgood was started by, nearest first. */
export const ancestors = (): ReadonlySet<number> => {
  const line = new Set<number>()
  for (let at = process.ppid; at > 0 && !line.has(at); at = processInfo(at)?.parent ?? 0) line.add(at)
  return line
}
