/**
 * Adapter: an app as plain processes on this host, without Docker. A release holds a `Procfile`; each of its lines runs
 * as `sh -c` in the release's folder, in a session of its own. Nothing restarts a process that ends: the reconciler
 * brings the app up again on its next pass. What runs is asked of the kernel (`Members.ts`), not remembered.
 */
import { lstat, mkdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { App, Release } from "../../domain/App.ts"
import { redact } from "../../process/Redact.ts"
import { run } from "../../process/Tool.ts"
import { secretsIn } from "../docker/environment.ts"
import {
  type ContainerState,
  type Hazard,
  type Inspection,
  InvalidRelease,
  type Runtime,
  RuntimeFailed,
  RuntimeUnavailable
} from "../Runtime.ts"
import { environmentFor } from "./Environment.ts"
import { isAlive, type Leader, leaders, members, runFolder, saveLeader } from "./Members.ts"
import { bootId, processInfo } from "./Proc.ts"
import { parseProcfile } from "./Procfile.ts"
import { assertQuiet, stop } from "./Quiet.ts"
import { logFile, logTail, type Started, start } from "./Start.ts"
import * as Volumes from "./Volumes.ts"

/** A process that ends within this time of its start was not deployed. */
const settleMs = 300

const anyCode = Array.from({ length: 256 }, (_, code) => code)

const entriesOf = Effect.fnUntraced(function* (app: App, release: Release) {
  const invalid = (reason: string, next: string) =>
    new InvalidRelease({ app: app.name, version: release.version, reason, next })
  const text = yield* Effect.tryPromise({
    try: () => readFile(join(release.dir, "Procfile"), "utf8"),
    catch: () => invalid("it has no Procfile", "add one to the recipe: lines of `name: command`")
  })
  return yield* Effect.fromResult(
    Result.mapError(parseProcfile(text), (reason) =>
      invalid(reason, "mend the recipe's Procfile and tag a new version")
    )
  )
})

const preflight = Effect.fn("local.preflight")(function* (app: App, release: Release) {
  yield* entriesOf(app, release)
  yield* environmentFor(app, release)
  const hazards: Array<Hazard> = []
  for (const name of app.volumes) {
    const path = Volumes.volumeFolder(app, name)
    const found = yield* Effect.promise(() => lstat(path).catch(() => null))
    if (found !== null && !found.isDirectory()) {
      hazards.push({
        kind: "foreign-volume",
        what: `volume ${name}: ${path} is not a folder (a link or a file is in its place)`,
        next: "put a real folder there; lastgood follows no link out of its root"
      })
    }
  }
  return hazards
})

const inspect = Effect.fn("local.inspect")(function* (app: App) {
  const alive = yield* members(app)
  const known = leaders(app)
  const services = known.map((leader) => ({
    name: leader.name,
    state: isAlive(leader) ? `running, pid ${leader.pid}` : "ended",
    ok: isAlive(leader)
  }))
  const running = known.find(isAlive)
  const inspection: Inspection = {
    present: alive.length > 0,
    converged: alive.length > 0 && services.length > 0 && services.every((s) => s.ok),
    version: running?.version ?? null,
    commit: running?.commit ?? null,
    services: alive.length > 0 ? services : []
  }
  return inspection
})

const undeploy = Effect.fn("local.undeploy")(function* (app: App, deadlineMs: number) {
  const stopped = yield* stop(app, deadlineMs)
  yield* Effect.promise(() => rm(runFolder(app), { recursive: true, force: true }))
  return stopped
})

const failedToRun = (app: App, operation: string, reason: string, next: string) =>
  new RuntimeFailed({ app: app.name, operation, reason, next })

const deploy = Effect.fn("local.deploy")(function* (app: App, release: Release, deadlineMs: number) {
  const entries = yield* entriesOf(app, release)
  const environment = yield* environmentFor(app, release)
  const isCurrent = (leader: Leader) =>
    leader.deployment === environment.deployment && entries.some((e) => e.name === leader.name) && isAlive(leader)
  const current = new Set(
    leaders(app)
      .filter(isCurrent)
      .map((l) => l.pid)
  )
  const strangers = (yield* members(app)).filter((p) => !current.has(p.session))
  // Two versions never run on one set of data, and what a killed lastgood started without noting it down runs once only.
  if (strangers.length > 0 || !leaders(app).every(isCurrent)) {
    yield* undeploy(app, deadlineMs).pipe(
      Effect.catchTag("NotQuiet", (error) =>
        Effect.fail(failedToRun(app, "deploy", error.message, "stop what is named and try again"))
      )
    )
  }
  yield* Effect.forEach(app.volumes, (name) => Volumes.create(app, name), { discard: true })
  yield* Effect.promise(() => mkdir(runFolder(app), { recursive: true, mode: 0o700 }))

  const running = new Set(
    leaders(app)
      .filter(isCurrent)
      .map((l) => l.name)
  )
  const started: Array<readonly [string, Started]> = []
  for (const entry of entries.filter((e) => !running.has(e.name))) {
    const env = { ...environment.variables, LASTGOOD_PROCESS: entry.name }
    const process = yield* start(app, entry.name, entry.command, release.dir, env)
    const startTicks = processInfo(process.pid)?.startTicks ?? "0"
    yield* saveLeader(app, {
      name: entry.name,
      pid: process.pid,
      startTicks,
      boot: bootId(),
      version: release.version,
      commit: release.commit,
      deployment: environment.deployment,
      releaseDir: release.dir,
      envFile: release.envFile
    }).pipe(Effect.mapError((cause) => failedToRun(app, "deploy", cause.message, "make room on the root's disk")))
    started.push([entry.name, process])
  }
  yield* Effect.sleep(started.length > 0 ? settleMs : 0)
  for (const [name, process] of started) {
    const leader = leaders(app).find((l) => l.name === name)
    if (leader !== undefined && isAlive(leader)) continue
    const said = logTail(app, name, 5)
    return yield* failedToRun(
      app,
      "deploy",
      redact(
        `${name} ended at once (${process.ended() ?? "no exit code"})${said === "" ? "" : `: ${said}`}`,
        environment.secrets
      ),
      `look at ${logFile(app, name)}`
    )
  }
  return { services: entries.map((e) => e.name) }
})

/** The environment that the running processes have, for a command beside them. */
const beside = Effect.fnUntraced(function* (app: App) {
  const leader = leaders(app).find(isAlive)
  if (leader === undefined) return yield* failedToRun(app, "exec", "it does not run", `lastgood deploy ${app.name}`)
  const release: Release = {
    version: leader.version,
    commit: leader.commit,
    dir: leader.releaseDir,
    envFile: leader.envFile
  }
  const { variables } = yield* environmentFor(app, release).pipe(
    Effect.mapError((error) => failedToRun(app, "exec", error.message, error.next))
  )
  return { release, variables }
})

const exec = Effect.fn("local.exec")(function* (app: App, command: string, service: string | undefined) {
  const { release, variables } = yield* beside(app)
  const result = yield* run("sh", ["-c", command], {
    cwd: release.dir,
    env: { ...variables, LASTGOOD_PROCESS: service ?? "exec" },
    extendEnv: false,
    codes: anyCode
  }).pipe(Effect.mapError((error) => failedToRun(app, "exec", error.said, "look at the command of the check")))
  return { code: result.code, output: result.stdout + result.stderr }
})

const containerState = Effect.fn("local.containerState")(function* (app: App, service: string | undefined) {
  const asked = leaders(app).filter((l) => service === undefined || l.name === service)
  const ended = asked.find((l) => !isAlive(l))
  const state: ContainerState =
    asked.length === 0
      ? { ok: false, dead: true, seen: service === undefined ? "nothing runs" : `there is no process ${service}` }
      : ended === undefined
        ? { ok: true, dead: false, seen: asked.map((l) => `${l.name} runs`).join(", ") }
        : { ok: false, dead: true, seen: `${ended.name} has ended` }
  return yield* Effect.succeed(state)
})

const logs = Effect.fn("local.logs")(function* (app: App, lines: number) {
  const secrets = yield* secretsIn([app.envFile, ...leaders(app).map((l) => l.envFile)])
  const names = [...new Set(leaders(app).map((l) => l.name))]
  const text = names.map((name) => `${name}:\n${logTail(app, name, lines)}`).join("\n")
  return redact(text, secrets)
})

const unavailable = new RuntimeUnavailable({
  runtime: "local",
  reason: "it needs Linux (it asks /proc what runs)",
  next: "run lastgood on the Linux host that runs the app"
})

const available = Effect.suspend(() =>
  process.platform === "linux" ? Effect.succeed({ version: "1" }) : Effect.fail(unavailable)
)

const local: Runtime = {
  kind: "local",
  available,
  preflight,
  prefetch: (app, release) =>
    entriesOf(app, release).pipe(Effect.andThen(environmentFor(app, release)), Effect.as({ images: [] })),
  volumes: Volumes.existing,
  createVolume: (app, volume) => Volumes.create(app, volume.key),
  inspect,
  undeploy,
  assertQuiet,
  deploy,
  exec,
  containerState,
  logs
}

export const makeLocalRuntime: Effect.Effect<Runtime, RuntimeUnavailable> = Effect.as(available, local)
