/**
 * The runtime port on a Docker engine: the common order of operations of swarm, abra and compose. Nothing is cached:
 * what runs, what remains and who owns a volume is read from the engine each time. The release's files are never
 * written.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { secretsIn } from "../../secrets/EnvFile.ts"
import { ensureKey } from "../fingerprintKey.ts"
import { NotQuiet, type Runtime } from "../Runtime.ts"
import { withImages } from "./Compose.ts"
import { makeDocker } from "./Docker.ts"
import type { DockerAdapter } from "./DockerAdapter.ts"
import { createFolder } from "./dataFolders.ts"
import { declaredBy } from "./declared.ts"
import { deploy, type ReadFiles } from "./deploy.ts"
import { findImage, pinned } from "./images.ts"
import { forgetImages, keepImages } from "./keptImages.ts"
import { keepRunning, movedImages } from "./keptRunning.ts"
import { outlineIn } from "./outline.ts"
import { boundFolders, pullMissing } from "./prerequisites.ts"
import { readHostPaths } from "./readHostPaths.ts"
import { secretsOfRecipe } from "./recipeSecrets.ts"
import { renameKept } from "./renameKept.ts"
import { assertStackName } from "./stackName.ts"
import { undeploy } from "./undeploy.ts"
import { createVolume, removeVolume } from "./volumes.ts"

/** Making it starts nothing; `available` checks for an engine and the tool. */
export const makeDockerRuntime = Effect.fnUntraced(function* <Read extends ReadFiles, State, Left>(
  parts: DockerAdapter<Read, State, Left>
) {
  const withPins =
    (of: typeof parts.read): typeof parts.read =>
    (docker, app, release) =>
      Effect.map(of(docker, app, release), (read) => ({ ...read, compose: withImages(read.compose, release) }))
  const adapter: DockerAdapter<Read, State, Left> = { ...parts, read: withPins(parts.read) }
  const look = withPins(parts.look ?? parts.read)
  const { kind, labels } = adapter
  const clientFor = yield* makeDocker(kind)

  /**
   * Starts every operation: checks that the stack's name is safe to pass on, and collects the secrets that no error may
   * contain.
   */
  const begin = Effect.fnUntraced(function* (operation: string, app: App, release?: Release) {
    yield* assertStackName(app, operation)
    const own = release === undefined ? null : yield* adapter.ownEnvFile(release)
    const given = yield* secretsIn([app.envFile, release?.envFile ?? null, own])
    const secrets = release === undefined ? given : [...given, ...(yield* secretsOfRecipe(release))]
    return clientFor({ app: app.name, operation, secrets })
  })

  const readFor = (operation: string, app: App, release: Release) =>
    Effect.flatMap(begin(operation, app, release), (docker) => adapter.read(docker, app, release))

  const lookFor = (operation: string, app: App, release: Release) =>
    Effect.flatMap(begin(operation, app, release), (docker) => look(docker, app, release))

  const foldersBy = (of: NonNullable<typeof adapter.folders>) =>
    Effect.fn("DockerRuntime.folders")(function* (app: App, release: Release) {
      return yield* of(app, yield* lookFor("folders", app, release))
    })

  const asKept = Effect.fn("DockerRuntime.asKept")(function* (app: App, release: Release) {
    if (release.images !== undefined) return release
    const { compose, docker } = yield* readFor("asKept", app, release)
    const images = yield* movedImages(docker, app, release, compose)
    return Object.keys(images).length === 0 ? release : { ...release, images }
  })

  const runtime: Runtime = {
    kind,
    labels,
    available: Effect.suspend(() => adapter.available(clientFor({ app: "", operation: "available", secrets: [] }))),
    preflight: Effect.fn("DockerRuntime.preflight")(function* (app, release) {
      return yield* adapter.hazards(app, release, yield* lookFor("preflight", app, release))
    }),
    declared: Effect.fn("DockerRuntime.declared")(function* (app, release) {
      const read = yield* lookFor("declared", app, release)
      return yield* declaredBy(read.docker, read.compose, yield* adapter.isHere(read))
    }),
    project: Effect.fn("DockerRuntime.project")(function* (app, release) {
      const { compose } = yield* readFor("project", app, release)
      const files = yield* adapter.files(app, release)
      const own = release.envFile === null ? yield* adapter.ownEnvFile(release) : null
      return {
        services: compose.services.map(({ image, name }) => ({ service: name, image })),
        files: own === null ? files : [...files, own],
        folders: [...boundFolders(compose), ...(yield* adapter.settings?.(app, release) ?? Effect.succeed([]))],
        outline: outlineIn(compose)
      }
    }),
    keepRelease: Effect.fn("DockerRuntime.keepRelease")(function* (app, release, { isRunning }) {
      const docker = yield* begin("keepRelease", app, release)
      if (release.images !== undefined) return yield* keepImages(docker, app, release)
      if (isRunning) yield* keepRunning(docker, app, release, (yield* adapter.inspect(docker, app)).services)
    }),
    ...(labels ? { asKept } : {}),
    renameReleases: Effect.fn("DockerRuntime.renameReleases")(function* (app, from, commits) {
      yield* renameKept(yield* begin("renameReleases", app), app, from, commits)
    }),
    forgetReleases: Effect.fn("DockerRuntime.forgetReleases")(function* (app, commits) {
      yield* forgetImages(yield* begin("forgetReleases", app), app, commits)
    }),
    runningImages: Effect.fn("DockerRuntime.runningImages")(function* (app) {
      const docker = yield* begin("runningImages", app)
      const { services } = yield* adapter.inspect(docker, app)
      const images = new Map<string, string>()
      for (const { digest, image, name } of services) {
        const found = image === null || digest === null ? null : yield* findImage(docker, digest)
        if (image !== null && found !== null) images.set(name, pinned(image, found))
      }
      return images
    }),
    hostPaths: Effect.fn("DockerRuntime.hostPaths")(function* (app, release) {
      return yield* readHostPaths(release.dir, yield* adapter.files(app, release))
    }),
    prefetch: Effect.fn("DockerRuntime.prefetch")(function* (app, release) {
      const read = yield* readFor("prefetch", app, release)
      return yield* pullMissing(read.docker, app, read.compose, (service) => adapter.platformOf(read, service))
    }),
    ...(adapter.operatorFiles === undefined ? {} : { operatorFiles: adapter.operatorFiles }),
    ...(adapter.folders === null ? {} : { folders: foldersBy(adapter.folders) }),
    volumes: Effect.fn("DockerRuntime.volumes")(function* (app, folders) {
      return yield* adapter.volumes(yield* begin("volumes", app), app, folders)
    }),
    createVolume: Effect.fn("DockerRuntime.createVolume")(function* (app, volume) {
      if (volume.kind !== "volume") return yield* createFolder(yield* begin("createVolume", app), app, volume)
      return adapter.toVolume(app, yield* createVolume(yield* begin("createVolume", app), volume))
    }),
    removeVolume: Effect.fn("DockerRuntime.removeVolume")(function* (app, volume) {
      yield* removeVolume(yield* begin("removeVolume", app), volume)
    }),
    inspect: Effect.fn("DockerRuntime.inspect")(function* (app, how) {
      if (how?.takeOver === true) yield* ensureKey(app)
      return yield* adapter.inspect(yield* begin("inspect", app), app)
    }),
    undeploy: Effect.fn("DockerRuntime.undeploy")(function* (app, deadlineMs, folders) {
      return yield* undeploy(adapter, yield* begin("undeploy", app), app, { deadlineMs, folders })
    }),
    assertQuiet: Effect.fn("DockerRuntime.assertQuiet")(function* (app, folders) {
      const left = adapter.describeLeft(yield* adapter.leftovers(yield* begin("assertQuiet", app), app, folders))
      if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
    }),
    deploy: Effect.fn("DockerRuntime.deploy")(function* (app, release, deadlineMs) {
      yield* ensureKey(app)
      return yield* deploy(adapter, yield* begin("deploy", app, release), app, release, deadlineMs)
    }),
    exec: Effect.fn("DockerRuntime.exec")(function* (app, command, service) {
      return yield* adapter.exec(yield* begin("exec", app), app, command, service)
    }),
    containerState: Effect.fn("DockerRuntime.containerState")(function* (app, service) {
      return yield* adapter.containerState(yield* begin("containerState", app), app, service)
    }),
    logs: Effect.fn("DockerRuntime.logs")(function* (app, lines) {
      return yield* adapter.logs(yield* begin("logs", app), app, lines)
    })
  }
  return runtime
})
