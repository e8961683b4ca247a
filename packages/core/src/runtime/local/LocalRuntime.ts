/**
 * Adapter: an app as plain processes on this host, without Docker. A release has a `Procfile`. Each of its lines runs
 * as `sh -c` in the release's folder, in its own session. Nothing restarts a process that ends at once: the reconciler
 * starts the app again on its next pass. The running processes are read from the kernel (`Members.ts`), not cached.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { nextText } from "../../domain/Next.ts"
import { redact } from "../../secrets/Redact.ts"
import { type ContainerState, type ExecResult, type Runtime, RuntimeFailed, RuntimeUnavailable } from "../Runtime.ts"
import { deploy } from "./Deploy.ts"
import { environmentFor } from "./Environment.ts"
import { runCommand } from "./Exec.ts"
import { inspect } from "./Inspect.ts"
import { boundLogs, logs } from "./Logs.ts"
import { forgetLeaders, isAlive, leaders } from "./Members.ts"
import { preflight } from "./Preflight.ts"
import { assertQuiet, stop } from "./Quiet.ts"
import { readRelease } from "./Release.ts"
import * as Volumes from "./Volumes.ts"

const prefetch = Effect.fn("Local.prefetch")(function* (app: App, release: Release) {
  yield* readRelease(app, release)
  return { images: [] }
})

const undeploy = Effect.fn("Local.undeploy")(function* (app: App, deadlineMs: number) {
  const stopped = yield* stop(app, deadlineMs)
  yield* forgetLeaders(app, leaders(app))
  return stopped
})

const exec = Effect.fn("Local.exec")(function* (app: App, command: string, service: string | undefined) {
  const failed = (reason: string, next: string) => new RuntimeFailed({ app: app.name, operation: "exec", reason, next })
  const running = leaders(app).filter(isAlive)
  const leader = running.find(({ name }) => service === undefined || name === service)
  if (leader === undefined) {
    return yield* running.length === 0
      ? failed("it is not running", nextText(app.name, { do: "Deploy" }))
      : failed(
          `it has no running process ${service} (running: ${running.map(({ name }) => name).join(", ")})`,
          "correct the service of the check"
        )
  }
  const { version, commit, releaseDir: dir, envFile } = leader
  const { variables, secrets } = yield* environmentFor(app, { version, commit, dir, envFile }).pipe(
    Effect.mapError((error) => failed(error.reason, error.next))
  )
  const own = { ...variables, LASTGOOD_PROCESS: leader.name }
  const { code, output } = yield* runCommand(app, leader.name, command, dir, own).pipe(
    Effect.mapError((error) => failed(redact(error.message, secrets), "correct the command of the check"))
  )
  const result: ExecResult = { code, output: redact(output, secrets) }
  return result
})

const containerState = Effect.fn("Local.containerState")(function* (app: App, service: string | undefined) {
  const asked = leaders(app).filter((l) => service === undefined || l.name === service)
  const ended = asked.find((l) => !isAlive(l))
  const state: ContainerState =
    asked.length === 0
      ? {
          ok: false,
          dead: true,
          seen: service === undefined ? "no process is running" : `there is no process ${service}`
        }
      : ended === undefined
        ? { ok: true, dead: false, seen: asked.map((l) => `${l.name} runs`).join(", ") }
        : { ok: false, dead: true, seen: `${ended.name} has ended` }
  return yield* Effect.succeed(state)
})

const unavailable = new RuntimeUnavailable({
  runtime: "local",
  reason: "it needs Linux (for /proc)",
  next: "run lastgood on the Linux host that runs the app"
})

const available = Effect.suspend(() =>
  process.platform === "linux" ? Effect.succeed({ version: "1" }) : Effect.fail(unavailable)
)

const local: Runtime = {
  kind: "local",
  labels: true,
  available,
  preflight,
  // A Procfile has no labels.
  declared: () => Effect.succeed([]),
  prefetch,
  volumes: Volumes.existing,
  createVolume: (app, volume) => Volumes.create(app, volume.key),
  removeVolume: (app, volume) => Volumes.remove(app, volume.key),
  inspect,
  undeploy,
  assertQuiet,
  deploy,
  exec,
  containerState,
  logs,
  tidy: boundLogs
}

export const makeLocalRuntime: Effect.Effect<Runtime, RuntimeUnavailable> = Effect.as(available, local)
