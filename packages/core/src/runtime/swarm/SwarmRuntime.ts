/**
 * Adapter: apps as stacks of a Docker swarm. The engine is the only memory: what runs, what is left and whose a volume
 * is, is asked of it every time.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { type Call, makeDocker } from "../docker/Docker.ts"
import { createVolume, toVolume } from "../docker/volumes.ts"
import { secretsIn } from "../EnvFile.ts"
import { NotQuiet, type Runtime, RuntimeFailed, RuntimeUnavailable } from "../Runtime.ts"
import { containerState, exec, logs } from "./access.ts"
import { deploy } from "./deploy.ts"
import { swarmInfo } from "./info.ts"
import { inspect } from "./inspect.ts"
import { prefetch, preflight } from "./preflight.ts"
import { describeLeft, leftovers } from "./quiet.ts"
import { assertStackName } from "./stackName.ts"
import { undeploy } from "./undeploy.ts"
import { stackVolumes } from "./volumes.ts"

/** The runtime `swarm`. It starts nothing; `available` says whether there is a swarm. */
export const makeSwarmRuntime: Effect.Effect<Runtime> = Effect.gen(function* () {
  const docker = yield* makeDocker("swarm")

  /** Every operation begins alike: a name that is safe to pass on, and the words that no error may hold. */
  const begin = Effect.fnUntraced(function* (operation: string, app: App, release?: Release) {
    yield* assertStackName(app, operation)
    const secrets = yield* secretsIn([app.envFile, release?.envFile ?? null])
    const call: Call = { app: app.name, operation, secrets }
    return call
  })

  const available: Runtime["available"] = swarmInfo(docker, { app: "", operation: "docker info", secrets: [] }).pipe(
    Effect.map(({ version }) => ({ version })),
    Effect.catchTag("RuntimeFailed", ({ reason }) =>
      Effect.fail(new RuntimeUnavailable({ runtime: "swarm", reason, next: "see what it says: docker info" }))
    )
  )

  const runtime: Runtime = {
    kind: "swarm",
    available,
    preflight: Effect.fn("SwarmRuntime.preflight")(function* (app, release) {
      return yield* preflight(docker, yield* begin("preflight", app, release), app, release)
    }),
    prefetch: Effect.fn("SwarmRuntime.prefetch")(function* (app, release) {
      return yield* prefetch(docker, yield* begin("prefetch", app, release), app, release)
    }),
    volumes: Effect.fn("SwarmRuntime.volumes")(function* (app) {
      return yield* stackVolumes(docker, yield* begin("volumes", app), app)
    }),
    createVolume: Effect.fn("SwarmRuntime.createVolume")(function* (app, volume) {
      const call = yield* begin("createVolume", app)
      const [made] = yield* createVolume(docker, call, volume)
      if (made !== undefined) return toVolume(made, `${app.stack}_`)
      return yield* new RuntimeFailed({
        app: app.name,
        operation: call.operation,
        reason: `the volume ${volume.name} was made and is gone again`,
        next: `see who removes it: docker events --filter volume=${volume.name}`
      })
    }),
    inspect: Effect.fn("SwarmRuntime.inspect")(function* (app) {
      return yield* inspect(docker, yield* begin("inspect", app), app)
    }),
    undeploy: Effect.fn("SwarmRuntime.undeploy")(function* (app, deadlineMs) {
      return yield* undeploy(docker, yield* begin("undeploy", app), app, deadlineMs)
    }),
    assertQuiet: Effect.fn("SwarmRuntime.assertQuiet")(function* (app) {
      const left = describeLeft(yield* leftovers(docker, yield* begin("assertQuiet", app), app))
      if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
    }),
    deploy: Effect.fn("SwarmRuntime.deploy")(function* (app, release, deadlineMs) {
      return yield* deploy(docker, yield* begin("deploy", app, release), app, release, deadlineMs)
    }),
    exec: Effect.fn("SwarmRuntime.exec")(function* (app, command, service) {
      return yield* exec(docker, yield* begin("exec", app), app, command, service)
    }),
    containerState: Effect.fn("SwarmRuntime.containerState")(function* (app, service) {
      return yield* containerState(docker, yield* begin("containerState", app), app, service)
    }),
    logs: Effect.fn("SwarmRuntime.logs")(function* (app, lines) {
      return yield* logs(docker, yield* begin("logs", app), app, lines)
    })
  }
  return runtime
})
