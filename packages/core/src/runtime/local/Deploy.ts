/** Makes an app run exactly the processes of a release, whatever ran before. */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { bootId, processInfo } from "../../host/Proc.ts"
import { redact } from "../../secrets/Redact.ts"
import { fingerprint } from "../fingerprint.ts"
import { ensureKey } from "../fingerprintKey.ts"
import { RuntimeFailed } from "../Runtime.ts"
import type { Environment } from "./Environment.ts"
import { logFile, logSize, logTail } from "./Logs.ts"
import { forgetLeaders, isAlive, type Leader, leaders, members, saveLeader, strangersAmong } from "./Members.ts"
import type { ProcfileEntry } from "./Procfile.ts"
import { endProcesses } from "./Quiet.ts"
import { readRelease } from "./Release.ts"
import { type Started, start } from "./Start.ts"
import * as Volumes from "./Volumes.ts"

/** A process that ends within this time of its start counts as failed. */
const settleMs = 300

const failed = (app: App, reason: string, next: string) =>
  new RuntimeFailed({ app: app.name, operation: "deploy", reason, next })

interface Fresh extends Started {
  readonly name: string
  /** The byte of its log where its output starts. */
  readonly logFrom: number
}

const startEntry = Effect.fnUntraced(function* (
  app: App,
  release: Release,
  { variables, deployment, asked }: Environment,
  { name, command }: ProcfileEntry,
  processes: ReadonlyArray<string>,
  key: string | null
) {
  const before = logSize(app, name)
  const started = yield* start(app, name, command, release.dir, { ...variables, LASTGOOD_PROCESS: name })
  // A log that is shorter than before was rotated.
  const logFrom = logSize(app, name) < before ? 0 : before
  yield* saveLeader(app, {
    name,
    pid: started.pid,
    startTicks: processInfo(started.pid)?.startTicks ?? "0",
    boot: bootId(),
    version: release.version,
    commit: release.commit,
    deployment,
    config: fingerprint(key, { command, variables: asked }),
    releaseDir: release.dir,
    envFile: release.envFile,
    processes,
    logFrom
  }).pipe(Effect.mapError((cause) => failed(app, cause.message, "free some space on the root's disk")))
  const fresh: Fresh = { ...started, name, logFrom }
  return fresh
})

/** Each process that ended within the settle time, with its last log lines. */
const endedOf = (app: App, fresh: ReadonlyArray<Fresh>, secrets: ReadonlyArray<string>): ReadonlyArray<string> => {
  const alive = new Set(
    leaders(app)
      .filter(isAlive)
      .map(({ pid }) => pid)
  )
  return fresh
    .filter(({ pid }) => !alive.has(pid))
    .map(({ name, ended, logFrom }) => {
      const said = logTail(app, name, 5, logFrom).join("\n")
      const how = ended() ?? "exit code unknown"
      return `${name} ended at once (${how})${said === "" ? "" : `: ${redact(said, secrets).slice(0, 2000)}`}`
    })
}

export const deploy = Effect.fn("Local.deploy")(function* (app: App, release: Release, deadlineMs: number) {
  const { entries, environment } = yield* readRelease(app, release)
  const isCurrent = (leader: Leader) =>
    leader.deployment === environment.deployment && entries.some((e) => e.name === leader.name) && isAlive(leader)
  const strangers = strangersAmong(yield* members(app), leaders(app).filter(isCurrent))
  // Two versions never run on the same data, and a process that a killed lastgood started without recording it runs
  // only once.
  if (strangers.length > 0) {
    yield* endProcesses(app, deadlineMs).pipe(
      Effect.mapError((error) => failed(app, error.message, "end the named processes, then try again"))
    )
  }
  yield* forgetLeaders(
    app,
    leaders(app).filter((leader) => !isCurrent(leader))
  )
  yield* Effect.forEach(app.volumes, (name) => Volumes.create(app, name), { discard: true })

  const key = yield* ensureKey(app)
  const running = new Set(leaders(app).map(({ name }) => name))
  const names = entries.map(({ name }) => name)
  const fresh = yield* Effect.forEach(
    entries.filter(({ name }) => !running.has(name)),
    (entry) => startEntry(app, release, environment, entry, names, key)
  )
  yield* Effect.sleep(fresh.length > 0 ? settleMs : 0)
  const ended = endedOf(app, fresh, environment.secrets)
  if (ended.length > 0) {
    const logs = fresh.filter((one) => one.ended() !== null).map(({ name }) => logFile(app, name))
    return yield* failed(app, ended.join("; "), `check ${logs.join(", ") || "its logs"}`)
  }
  return { services: names }
})
