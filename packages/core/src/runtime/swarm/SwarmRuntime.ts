/**
 * Adapter: apps as stacks of a Docker swarm, brought up by docker itself or by another tool (`abra/`). The engine is the
 * only memory: what runs, what is left and whose a volume is, is asked of it every time.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { composeSource } from "../docker/composeEnv.ts"
import { makeDocker } from "../docker/Docker.ts"
import { readHostPaths } from "../docker/readHostPaths.ts"
import { secretsOfRecipe } from "../docker/recipeSecrets.ts"
import type { MakeStackRuntime, StackTool } from "../docker/stack/StackTool.ts"
import { assertStackName } from "../docker/stackName.ts"
import { createVolume, toVolume } from "../docker/volumes.ts"
import { secretsIn } from "../EnvFile.ts"
import { ensureKey } from "../fingerprintKey.ts"
import { NotQuiet, type Runtime, RuntimeUnavailable } from "../Runtime.ts"
import { containerState, exec, logs } from "./access.ts"
import { deploy } from "./deploy.ts"
import { swarmInfo } from "./info.ts"
import { inspect } from "./inspect.ts"
import { declared, prefetch, preflight } from "./preflight.ts"
import { describeLeft, leftovers } from "./quiet.ts"
import { dockerStack } from "./stackDeploy.ts"
import { undeploy } from "./undeploy.ts"
import { volumeOwners, volumesOf } from "./volumes.ts"

/** A runtime over a swarm. It starts nothing; `available` says whether there is a swarm, and the tool. */
export const makeStackRuntime: MakeStackRuntime = Effect.fnUntraced(function* (tool: StackTool) {
  const clientFor = yield* makeDocker(tool.kind)

  /** Every operation begins alike: a name that is safe to pass on, and the words that no error may hold. */
  const begin = Effect.fnUntraced(function* (operation: string, app: App, release?: Release) {
    yield* assertStackName(app, operation)
    const given = yield* secretsIn([app.envFile, release?.envFile ?? null])
    const secrets = release === undefined ? given : [...given, ...(yield* secretsOfRecipe(release))]
    return clientFor({ app: app.name, operation, secrets })
  })

  const sourceOf = (app: App, release: Release) =>
    Effect.flatMap(tool.variables(app, release), (added) => composeSource(app, release, { added }))

  const available: Runtime["available"] = swarmInfo(clientFor({ app: "", operation: "docker info", secrets: [] })).pipe(
    Effect.flatMap(({ version }) =>
      Effect.map(tool.available, (own) => ({ version: own === null ? version : `${version}, ${own}` }))
    ),
    Effect.catchTag("RuntimeFailed", ({ reason, next }) =>
      Effect.fail(new RuntimeUnavailable({ runtime: tool.kind, reason, next }))
    )
  )

  const runtime: Runtime = {
    kind: tool.kind,
    // abra deploys the recipe as it is.
    labels: tool.kind === "swarm",
    available,
    preflight: Effect.fn("SwarmRuntime.preflight")(function* (app, release) {
      const docker = yield* begin("preflight", app, release)
      const hazards = yield* preflight(docker, app, release, yield* sourceOf(app, release))
      return [...hazards, ...(yield* tool.hazards(docker, app, release))]
    }),
    declared: Effect.fn("SwarmRuntime.declared")(function* (app, release) {
      return yield* declared(yield* begin("declared", app, release), app, release, yield* sourceOf(app, release))
    }),
    hostPaths: Effect.fn("SwarmRuntime.hostPaths")(function* (app, release) {
      return yield* readHostPaths(release.dir, (yield* sourceOf(app, release)).files)
    }),
    prefetch: Effect.fn("SwarmRuntime.prefetch")(function* (app, release) {
      return yield* prefetch(yield* begin("prefetch", app, release), app, release, yield* sourceOf(app, release))
    }),
    volumes: Effect.fn("SwarmRuntime.volumes")(function* (app) {
      return volumesOf(app.stack, yield* volumeOwners(yield* begin("volumes", app)))
    }),
    createVolume: Effect.fn("SwarmRuntime.createVolume")(function* (app, volume) {
      return toVolume(yield* createVolume(yield* begin("createVolume", app), volume), `${app.stack}_`)
    }),
    inspect: Effect.fn("SwarmRuntime.inspect")(function* (app, how) {
      if (how?.takeOver === true) yield* ensureKey(app)
      return yield* inspect(yield* begin("inspect", app), app)
    }),
    undeploy: Effect.fn("SwarmRuntime.undeploy")(function* (app, deadlineMs) {
      return yield* undeploy(yield* begin("undeploy", app), app, deadlineMs, tool.takeDown)
    }),
    assertQuiet: Effect.fn("SwarmRuntime.assertQuiet")(function* (app) {
      const left = describeLeft(yield* leftovers(yield* begin("assertQuiet", app), app))
      if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
    }),
    deploy: Effect.fn("SwarmRuntime.deploy")(function* (app, release, deadlineMs) {
      const source = yield* sourceOf(app, release)
      yield* ensureKey(app)
      return yield* deploy(yield* begin("deploy", app, release), app, release, source, deadlineMs, tool.bringUp)
    }),
    exec: Effect.fn("SwarmRuntime.exec")(function* (app, command, service) {
      return yield* exec(yield* begin("exec", app), app, command, service)
    }),
    containerState: Effect.fn("SwarmRuntime.containerState")(function* (app, service) {
      return yield* containerState(yield* begin("containerState", app), app, service)
    }),
    logs: Effect.fn("SwarmRuntime.logs")(function* (app, lines) {
      return yield* logs(yield* begin("logs", app), app, lines)
    })
  }
  return runtime
})

/** The runtime `swarm`: `docker stack deploy` and `docker stack rm`. */
export const makeSwarmRuntime: Effect.Effect<Runtime> = makeStackRuntime(dockerStack)
