/**
 * Adapter: apps as projects of `docker compose`, version 2. The engine is the only memory: what runs, what is left and
 * whose a volume is, is asked of it every time. The release's files are never written to.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { allContainers } from "../docker/containers.ts"
import { makeDocker } from "../docker/Docker.ts"
import { readHostPaths } from "../docker/readHostPaths.ts"
import { secretsOfRecipe } from "../docker/recipeSecrets.ts"
import { assertStackName } from "../docker/stackName.ts"
import { createVolume } from "../docker/volumes.ts"
import { secretsIn } from "../EnvFile.ts"
import { ensureKey } from "../fingerprintKey.ts"
import { NotQuiet, type Runtime, RuntimeUnavailable } from "../Runtime.ts"
import { containerState, exec, logs } from "./access.ts"
import { deploy } from "./deploy.ts"
import { inspect } from "./inspect.ts"
import { composeVersion } from "./plugin.ts"
import { declared, prefetch, preflight } from "./preflight.ts"
import { describeLeft, leftovers } from "./quiet.ts"
import { ownEnvFile, projectSource } from "./source.ts"
import { undeploy } from "./undeploy.ts"
import { toProjectVolume, volumeOwners, volumesOf } from "./volumes.ts"

/** The runtime `compose`. It starts nothing; `available` says whether the plugin and an engine are there. */
export const makeComposeRuntime: Effect.Effect<Runtime> = Effect.gen(function* () {
  const clientFor = yield* makeDocker("compose")

  /** Every operation begins alike: a name that is safe to pass on, and the words that no error may hold. */
  const begin = Effect.fnUntraced(function* (operation: string, app: App, release?: Release) {
    yield* assertStackName(app, operation)
    const own = release === undefined ? null : yield* ownEnvFile(release)
    const given = yield* secretsIn([app.envFile, release?.envFile ?? null, own])
    const secrets = release === undefined ? given : [...given, ...(yield* secretsOfRecipe(release))]
    return clientFor({ app: app.name, operation, secrets })
  })

  const available: Runtime["available"] = composeVersion(
    clientFor({ app: "", operation: "docker compose version", secrets: [] })
  ).pipe(
    Effect.catchTag("RuntimeFailed", ({ reason }) =>
      Effect.fail(new RuntimeUnavailable({ runtime: "compose", reason, next: "see what it says: docker version" }))
    )
  )

  const runtime: Runtime = {
    kind: "compose",
    labels: true,
    available,
    preflight: Effect.fn("ComposeRuntime.preflight")(function* (app, release) {
      return yield* preflight(yield* begin("preflight", app, release), app, release)
    }),
    declared: Effect.fn("ComposeRuntime.declared")(function* (app, release) {
      return yield* declared(yield* begin("declared", app, release), app, release)
    }),
    hostPaths: Effect.fn("ComposeRuntime.hostPaths")(function* (app, release) {
      return yield* readHostPaths(release.dir, (yield* projectSource(app, release)).files)
    }),
    prefetch: Effect.fn("ComposeRuntime.prefetch")(function* (app, release) {
      return yield* prefetch(yield* begin("prefetch", app, release), app, release)
    }),
    volumes: Effect.fn("ComposeRuntime.volumes")(function* (app) {
      const docker = yield* begin("volumes", app)
      const containers = yield* allContainers(docker)
      return volumesOf(app.stack, yield* volumeOwners(docker, containers), containers)
    }),
    createVolume: Effect.fn("ComposeRuntime.createVolume")(function* (app, volume) {
      return toProjectVolume(app.stack, yield* createVolume(yield* begin("createVolume", app), volume))
    }),
    inspect: Effect.fn("ComposeRuntime.inspect")(function* (app, how) {
      if (how?.takeOver === true) yield* ensureKey(app)
      return yield* inspect(yield* begin("inspect", app), app)
    }),
    undeploy: Effect.fn("ComposeRuntime.undeploy")(function* (app, deadlineMs) {
      return yield* undeploy(yield* begin("undeploy", app), app, deadlineMs)
    }),
    assertQuiet: Effect.fn("ComposeRuntime.assertQuiet")(function* (app) {
      const left = describeLeft(yield* leftovers(yield* begin("assertQuiet", app), app))
      if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
    }),
    deploy: Effect.fn("ComposeRuntime.deploy")(function* (app, release, deadlineMs) {
      yield* ensureKey(app)
      return yield* deploy(yield* begin("deploy", app, release), app, release, deadlineMs)
    }),
    exec: Effect.fn("ComposeRuntime.exec")(function* (app, command, service) {
      return yield* exec(yield* begin("exec", app), app, command, service)
    }),
    containerState: Effect.fn("ComposeRuntime.containerState")(function* (app, service) {
      return yield* containerState(yield* begin("containerState", app), app, service)
    }),
    logs: Effect.fn("ComposeRuntime.logs")(function* (app, lines) {
      return yield* logs(yield* begin("logs", app), app, lines)
    })
  }
  return runtime
})
