/** Deploys and undeploys stacks with abra. Their content and state are read from the swarm. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import type { App, Release } from "../../domain/App.ts"
import { pathsOf } from "../../version/releaseLayout.ts"
import { invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { releaseLabels } from "../docker/labels.ts"
import { releaseOf } from "../docker/stack/labels.ts"
import { readStack, shortName } from "../docker/stack/Services.ts"
import type { StackTool } from "../docker/stack/StackTool.ts"
import { abra } from "./Abra.ts"
import { readExports } from "./abraSh.ts"
import { writeVersion } from "./appFile.ts"
import { installed, needed } from "./installed.ts"
import { withPrivateDir } from "./privateDir.ts"
import { serverHazards } from "./server.ts"

const bringUp: StackTool["bringUp"] = Effect.fn("Abra.bringUp")(function* ({ app, release, read, deadline }) {
  const { docker } = read
  const timeoutMs = Math.max(1, deadline - (yield* Clock.currentTimeMillis))
  yield* withPrivateDir(docker.call, app, release, (dir) =>
    abra(docker.call, ["app", "deploy", ...needed.deploy, app.domain, release.version], { dir, timeoutMs })
  )
  const wanted = new Set(read.compose.services.map(({ name }) => name))
  yield* removeOthers(docker, app, wanted)
  yield* mark(docker, app, release, wanted)
  if (app.envFile !== null) yield* noteVersion(app.envFile, release)
})

/** A deploy over a running stack leaves services that the release does not have. */
const removeOthers = Effect.fnUntraced(function* (docker: Docker, app: App, wanted: ReadonlySet<string>) {
  const { services } = yield* readStack(docker, app.stack)
  const others = services.map(({ Spec }) => Spec.Name).filter((name) => !wanted.has(shortName(app.stack, name)))
  if (others.length > 0) yield* docker.run(["service", "rm", ...others], { codes: [0, 1] })
})

/** Labels the services with their release. A service label is not part of its tasks, so nothing is restarted. */
const mark = Effect.fnUntraced(function* (docker: Docker, app: App, release: Release, wanted: ReadonlySet<string>) {
  const labels = Object.entries(releaseLabels(release)).flatMap(([name, value]) => ["--label-add", `${name}=${value}`])
  yield* Effect.forEach(wanted, (name) =>
    docker.run(["service", "update", "--detach", "--quiet", ...labels, `${app.stack}_${name}`])
  )
})

/** The app runs, so a file that cannot be written is not a reason to take it down again. */
const noteVersion = (envFile: string, { version }: Release): Effect.Effect<void> =>
  Effect.catch(writeVersion(envFile, version), ({ message }) =>
    Effect.logWarning(`${version} is running, but cannot be recorded in ${envFile}, where abra reads it: ${message}`)
  )

/**
 * Undeploys the running release that its services report, because abra reads its recipe for this too. A stack that
 * lastgood did not deploy, or that no longer exists, is left to docker.
 */
const takeDown: StackTool["takeDown"] = Effect.fn("Abra.takeDown")(function* ({ call }, app, running, timeoutMs) {
  const { commit, version } = releaseOf(running)
  if (commit === null || version === null) return null
  const paths = pathsOf(app, { commit, version })
  if ((yield* kindAt(paths.recipe)) !== "folder") return null
  const envFile = (yield* kindAt(paths.env)) === "file" ? paths.env : app.envFile
  const release: Release = { version, commit, dir: paths.recipe, envFile }
  return yield* withPrivateDir(call, app, release, (dir) =>
    abra(call, ["app", "undeploy", ...needed.undeploy, app.domain], { dir, timeoutMs })
  ).pipe(
    Effect.as(null),
    Effect.catch(({ message }) => Effect.succeed(message))
  )
})

export const abraStack: StackTool = {
  kind: "abra",
  bringUp,
  takeDown,
  variables: (app, release) =>
    Effect.mapError(readExports(release), ({ message }) =>
      invalid(app, release)(`its abra.sh cannot be read: ${message}`, "save it as UTF-8 text")
    ),
  hazards: Effect.fn("Abra.hazards")(function* (docker, app) {
    yield* installed(docker.call)
    return yield* serverHazards(docker, app)
  }),
  available: Effect.map(installed({ app: "", operation: "abra", secrets: [] }), ({ version }) => `abra ${version}`)
}
