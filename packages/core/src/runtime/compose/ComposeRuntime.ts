/** Adapter: apps as projects of `docker compose`, version 2. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { realSource } from "../../host/hostSource.ts"
import { allContainers, type Container } from "../docker/containers.ts"
import { makeDockerRuntime } from "../docker/DockerRuntime.ts"
import { folderVolumes } from "../docker/dataFolders.ts"
import { type Runtime, RuntimeUnavailable } from "../Runtime.ts"
import { containerState, exec, logs } from "./access.ts"
import type { ComposeProject } from "./ComposeProject.ts"
import { makeComposeConfig } from "./composeConfig.ts"
import { clear, convergeTo, failedDeploy, pollMs, up } from "./deploy.ts"
import { inspect } from "./inspect.ts"
import { operatorFiles } from "./operatorFiles.ts"
import { composeVersion } from "./plugin.ts"
import { foldersOf, preflight } from "./preflight.ts"
import { plainName, projectContainers } from "./projectContainers.ts"
import { projectFiles } from "./projectFiles.ts"
import { push } from "./push.ts"
import { describeLeft, leftovers, type ProjectLeftovers } from "./quiet.ts"
import { readProject } from "./readProject.ts"
import { ownEnvFile, projectSource } from "./source.ts"
import { toProjectVolume, volumeOwners, volumesOf } from "./volumes.ts"

/** The runtime `compose`. Making it starts nothing; `available` checks for the plugin and an engine. */
export const makeComposeRuntime: Effect.Effect<Runtime> = Effect.flatMap(makeComposeConfig, (config) =>
  makeDockerRuntime<ComposeProject, ReadonlyArray<Container>, ProjectLeftovers>({
    kind: "compose",
    labels: true,
    available: (docker) =>
      composeVersion(docker).pipe(
        Effect.catchTag("RuntimeFailed", ({ reason }) =>
          Effect.fail(
            new RuntimeUnavailable({ runtime: "compose", reason, next: "check the output of: docker version" })
          )
        )
      ),
    ownEnvFile,
    files: (app, release) => Effect.map(projectSource(app, release), ({ files }) => files),
    read: (docker, app, release) => readProject(config, docker, app, release),
    look: (docker, app, release) => readProject(config, docker, app, release, { isTolerant: true }),
    operatorFiles,
    settings: Effect.fnUntraced(function* (app, release) {
      const { folder } = app
      if (folder === null || (yield* realSource(folder)) !== (yield* realSource(release.dir))) return []
      const { settings } = yield* projectFiles(release, folder, yield* projectSource(app, release))
      return settings.map((path) => join(release.dir, path))
    }),
    hazards: (app, _, project) => preflight(app, project),
    isHere: ({ services }) => Effect.succeed(({ name }) => services.has(name)),
    platformOf: ({ more }, service) => more.get(service)?.platform ?? null,
    folders: foldersOf,
    volumes: Effect.fnUntraced(function* (docker, app, folders) {
      const containers = yield* allContainers(docker)
      const named = volumesOf(app, yield* volumeOwners(docker, containers), containers)
      return [...named, ...(yield* folderVolumes(app, folders))]
    }),
    toVolume: (app, volume) => toProjectVolume(app.stack, volume),
    inspect,
    exec,
    containerState,
    logs,
    leftovers,
    describeLeft,
    namesOf: ({ containers }) => containers.map(plainName),
    takeDown: null,
    push,
    clear,
    state: (docker, app) => projectContainers(docker, app.stack),
    bringUp: up,
    converge: convergeTo,
    servicesOf: ({ services }) => [...services.keys()],
    pollMs,
    units: "containers",
    failed: failedDeploy
  })
)
