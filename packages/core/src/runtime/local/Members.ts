/**
 * Which processes belong to an app. A process belongs to it when it was started with the app's mark in its environment,
 * or is in the session of one that was: a child may clear its environment or overwrite it (servers that set their title
 * do), or leave the session, but hardly both. What still escapes is found by the files it holds open (`Quiet.ts`).
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { replaceFile } from "../../disk/replaceFile.ts"
import type { App } from "../../domain/App.ts"
import { allProcesses, bootId, environmentOf, type ProcessInfo, processInfo } from "./Proc.ts"

/** What was started as one line of a Procfile: the leader of its own session. `<app>/run/<name>.json`. */
export const Leader = Schema.Struct({
  name: Schema.String,
  pid: Schema.Int,
  startTicks: Schema.String,
  boot: Schema.String,
  version: Schema.String,
  commit: Schema.String,
  /** Release and environment together: the same means that nothing has to be started again. */
  deployment: Schema.String,
  releaseDir: Schema.String,
  envFile: Schema.NullOr(Schema.String)
})
export type Leader = typeof Leader.Type

const LeaderJson = Schema.fromJsonString(Leader)
const decodeLeader = Schema.decodeUnknownOption(LeaderJson)
const encodeLeader = Schema.encodeSync(LeaderJson)

export const runFolder = (app: App): string => join(app.dir, "run")

export const saveLeader = (app: App, leader: Leader) =>
  replaceFile(join(runFolder(app), `${leader.name}.json`), encodeLeader(leader), 0o600)

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

/** The mark in the environment of everything that is started for an app: unique for a root and an app in it. */
export const markOf = (app: App): string => `LASTGOOD_APP_DIR=${app.dir}`

/** lastgood itself and its ancestors: they may have been started from a shell of the app, and are not the app. */
const ourselves = (all: ReadonlyArray<ProcessInfo>): ReadonlySet<number> => {
  const parents = new Map(all.map((p) => [p.pid, p.parent]))
  const line = new Set<number>()
  for (
    let pid: number | undefined = process.pid;
    pid !== undefined && pid > 0 && !line.has(pid);
    pid = parents.get(pid)
  ) {
    line.add(pid)
  }
  return line
}

/** Everything of the app that is alive. */
export const members = (app: App): Effect.Effect<ReadonlyArray<ProcessInfo>> =>
  Effect.sync(() => {
    const all = allProcesses()
    const own = ourselves(all)
    const mark = markOf(app)
    const boot = bootId()
    const marked = new Set(all.filter((p) => environmentOf(p.pid).has(mark)).map((p) => p.pid))
    const recorded = leaders(app).filter((l) => l.boot === boot)
    // A session's id is its leader's pid, and the kernel does not give it out again while the session has a member.
    const sessions = new Set([
      ...all
        .filter((p) => marked.has(p.pid) && !own.has(p.pid) && p.session !== processInfo(process.pid)?.session)
        .map((p) => p.session),
      ...recorded.filter((l) => all.every((p) => p.pid !== l.pid || p.startTicks === l.startTicks)).map((l) => l.pid)
    ])
    return all.filter((p) => !own.has(p.pid) && (marked.has(p.pid) || sessions.has(p.session)))
  })
