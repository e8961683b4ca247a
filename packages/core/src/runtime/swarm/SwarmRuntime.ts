/** Adapter: apps as stacks of a Docker swarm, deployed by docker itself or by another tool (`abra/`). */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { composeSource } from "../docker/composeEnv.ts"
import { makeDockerRuntime } from "../docker/DockerRuntime.ts"
import { folderVolumes } from "../docker/dataFolders.ts"
import { readStack, type Stack } from "../docker/stack/Services.ts"
import type { MakeStackRuntime, ReadRelease } from "../docker/stack/StackTool.ts"
import { toVolume } from "../docker/volumes.ts"
import { type Runtime, RuntimeUnavailable } from "../Runtime.ts"
import { containerState, exec, logs } from "./access.ts"
import { convergeTo, failedDeploy, pollMs, servicesOf, untilOrphansEnded } from "./deploy.ts"
import { swarmInfo } from "./info.ts"
import { inspect } from "./inspect.ts"
import { foldersOf, isHere, preflight } from "./preflight.ts"
import { push } from "./push.ts"
import { describeLeft, leftovers, type StackLeftovers } from "./quiet.ts"
import { readCompose } from "./readCompose.ts"
import { dockerStack } from "./stackDeploy.ts"
import { volumeOwners, volumesOf } from "./volumes.ts"

/** The runtime of stacks for one tool. Making it starts nothing; `available` checks for a swarm and the tool. */
export const makeStackRuntime: MakeStackRuntime = (tool) => {
  const sourceOf = (app: App, release: Release) =>
    Effect.flatMap(tool.variables(app, release), (added) => composeSource(app, release, { added }))
  const { takeDown } = tool
  return makeDockerRuntime<ReadRelease, Stack, StackLeftovers>({
    kind: tool.kind,
    // abra deploys the recipe unchanged.
    labels: tool.kind === "swarm",
    available: Effect.fnUntraced(
      function* (docker) {
        const { version } = yield* swarmInfo(docker)
        const own = yield* tool.available
        return { version: own === null ? version : `${version}, ${own}` }
      },
      Effect.catchTag("RuntimeFailed", ({ reason, next }) =>
        Effect.fail(new RuntimeUnavailable({ runtime: tool.kind, reason, next }))
      )
    ),
    ownEnvFile: () => Effect.succeed(null),
    files: (app, release) => Effect.map(sourceOf(app, release), ({ files }) => files),
    read: Effect.fnUntraced(function* (docker, app, release) {
      return yield* readCompose(docker, app, release, yield* sourceOf(app, release))
    }),
    hazards: Effect.fnUntraced(function* (app, release, read) {
      return [...(yield* preflight(app, read)), ...(yield* tool.hazards(read.docker, app, release))]
    }),
    folders: foldersOf,
    isHere,
    platformOf: () => null,
    volumes: Effect.fnUntraced(function* (docker, app, folders) {
      const named = volumesOf(app, yield* volumeOwners(docker))
      return [...named, ...(yield* folderVolumes(app, folders))]
    }),
    toVolume: (app, volume) => toVolume(volume, `${app.stack}_`),
    inspect,
    exec,
    containerState,
    logs,
    leftovers,
    describeLeft,
    namesOf: ({ services }) => services.map(({ Spec }) => Spec.Name),
    takeDown:
      takeDown === null ? null : (docker, app, { services }, deadlineMs) => takeDown(docker, app, services, deadlineMs),
    push,
    clear: untilOrphansEnded,
    state: (docker, app) => readStack(docker, app.stack),
    bringUp: tool.bringUp,
    converge: convergeTo,
    servicesOf,
    pollMs,
    units: "tasks",
    failed: failedDeploy
  })
}

/** The runtime `swarm`: `docker stack deploy` and `docker stack rm`. */
export const makeSwarmRuntime: Effect.Effect<Runtime> = makeStackRuntime(dockerStack)
