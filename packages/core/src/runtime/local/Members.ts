/**
 * The processes of an app. A process belongs to the app if the kernel says so (`Containment.ts`), if it was started
 * with the app's mark in its environment, if it is in a session that such a process leads, or if it descends from a
 * process that belongs. For an app that an older lastgood started, only the last three apply.
 */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { replaceFile } from "../../disk/replaceFile.ts"
import { makeUnchanged } from "../../disk/unchangedFolder.ts"
import type { App } from "../../domain/App.ts"
import { asError } from "../../domain/messageOf.ts"
import { bootId, everyProcess, identityOf, linkOf, type ProcessInfo, processInfo, variableOf } from "../../host/Proc.ts"
import type { RuntimeUnavailable } from "../Runtime.ts"
import { readHost } from "../readHost.ts"
import { type Membership, membershipIn } from "./Containment.ts"

/**
 * The process of one line of a Procfile, which leads its own session. The record `<app>/run/<name>.json` has only what
 * the kernel cannot tell, such as a process that should run but does not. Whether it runs is always read from the
 * kernel.
 */
export const Leader = Schema.Struct({
  name: Schema.String,
  pid: Schema.Int,
  startTicks: Schema.String,
  boot: Schema.String,
  version: Schema.String,
  commit: Schema.String,
  /** Release and environment together: if equal, nothing needs a restart. */
  deployment: Schema.String,
  /** The fingerprint of its configuration: its line of the Procfile, and its variables. Missing in old records. */
  config: Schema.optionalKey(Schema.NullOr(Schema.String)),
  releaseDir: Schema.String,
  envFile: Schema.NullOr(Schema.String),
  /** Every process of the release, since a process that was never started has no record. */
  processes: Schema.Array(Schema.String),
  /** The byte of its log where its output starts; output before it is another version's. Missing in old records. */
  logFrom: Schema.optionalKey(Schema.Int)
})
export type Leader = typeof Leader.Type

const LeaderJson = Schema.fromJsonString(Leader)
const decodeLeader = Schema.decodeUnknownOption(LeaderJson)

const encodeLeader = Schema.encodeSync(LeaderJson)

export const runFolder = (app: Pick<App, "dir">): string => join(app.dir, "run")

const recordOf = (app: App, { name }: Pick<Leader, "name">): string => join(runFolder(app), `${name}.json`)

export const saveLeader = (app: App, leader: Leader): Effect.Effect<void, Error> =>
  Effect.tryPromise({
    try: () => mkdir(runFolder(app), { recursive: true, mode: 0o700 }),
    catch: asError
  }).pipe(Effect.andThen(replaceFile(recordOf(app, leader), encodeLeader(leader), 0o600)))

/** Removes records. A record that stays is harmless, since the kernel tells whether its process lives. */
export const forgetLeaders = (app: App, forgotten: ReadonlyArray<Leader>): Effect.Effect<void> =>
  Effect.forEach(
    forgotten,
    (leader) => Effect.promise(() => rm(recordOf(app, leader), { force: true }).catch(() => undefined)),
    { discard: true }
  )

/** More than a host has apps. */
const mostApps = 10_000

const recordsIn = makeUnchanged<ReadonlyArray<Leader>>(mostApps, (folder) => {
  const files = readdirSync(folder).flatMap((name) => (name.endsWith(".json") ? [`${folder}/${name}`] : []))
  return { files, value: files.flatMap((file) => Option.toArray(decodeLeader(readFileSync(file, "utf8")))) }
})

/** Every recorded leader, running or not. Unreadable records are ignored. */
export const leaders = (app: Pick<App, "dir">): ReadonlyArray<Leader> => {
  try {
    return recordsIn(runFolder(app))
  } catch {
    return []
  }
}

/** What the kernel says of a leader's process; null: it has ended. */
export const livingLeader = (leader: Leader): ProcessInfo | null => {
  const found = leader.boot === bootId() ? processInfo(leader.pid) : null
  return found?.startTicks === leader.startTicks ? found : null
}

export const isAlive = (leader: Leader): boolean => livingLeader(leader) !== null

/** The environment variable that marks every process of an app: unique for a root and an app in it. */
export const markVariable = "LASTGOOD_APP_DIR"

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Whether a mark is the app's, also if the root was reached by another path (a symlink). */
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

/**
 * In a container the same path may be another folder. The process then belongs to another lastgood and must not be
 * touched.
 */
const seesAnotherFolder = (pid: number, dir: string): boolean => {
  if (linkOf(`/proc/${pid}/ns/mnt`) === linkOf("/proc/self/ns/mnt")) return false
  const theirs = folderAt(`/proc/${pid}/root${dir}`)
  return theirs !== null && theirs !== folderAt(dir)
}

/** Pids of some processes and of all their descendants. */
const withDescendants = (all: ReadonlyArray<ProcessInfo>, first: ReadonlyArray<ProcessInfo>): ReadonlySet<number> => {
  const found = new Set(first.map(({ pid }) => pid))
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  return found
}

export interface Member extends ProcessInfo {
  /** Whether its process group has only members. */
  readonly ownGroup: boolean
  /**
   * The line of the Procfile that it is, or descends from, according to its control group; null: it is in none of the
   * app's.
   */
  readonly process: string | null
}

/** Whether a process belongs to the app according to its environment. */
const markOf = (app: App, isOwn: (mark: string) => boolean, pid: number): Membership => {
  const mark = variableOf(pid, markVariable)
  if (mark === null) return { of: "unknown" }
  return isOwn(mark) && !seesAnotherFolder(pid, app.dir) ? { of: "app", process: null } : { of: "another" }
}

/**
 * Every living process of the app, except lastgood itself.
 *
 * @param known identities of processes that belonged to the app before, whose session leader may have ended since.
 */
export const members = (
  app: App,
  known: ReadonlySet<string> = new Set()
): Effect.Effect<ReadonlyArray<Member>, RuntimeUnavailable> =>
  readHost("local", () => {
    const isOwn = isMarkOf(app)
    const membershipOf = membershipIn(app)
    const all = everyProcess((one) => {
      const membership = membershipOf(one, () => markOf(app, isOwn, one.pid))
      return { ...one, isMarked: membership.of === "app", process: membership.of === "app" ? membership.process : null }
    })
    const recorded = new Set(
      leaders(app)
        .filter(isAlive)
        .map(({ pid }) => pid)
    )
    // Only sessions led by one of the app's processes count: a command beside the app (`exec`, a check) may be in the
    // session of an operator's shell.
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
 * The members outside of the sessions of some leaders that do not descend from them either. Everything in the control
 * group of a leader descends from it, because earlier processes of the group ended before the leader started.
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

/** The ancestors of this process, nearest first. */
export const ancestors = (): ReadonlySet<number> => {
  const line = new Set<number>()
  for (let at = process.ppid; at > 0 && !line.has(at); at = processInfo(at)?.parent ?? 0) line.add(at)
  return line
}
