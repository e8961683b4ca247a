/** One round of taking a project down, depending on what remains. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { composeTool } from "./plugin.ts"
import { isMadeByCompose, isStopping, stoppingName } from "./projectContainers.ts"
import type { ProjectLeftovers } from "./quiet.ts"

/** Added to the time limit of the client, so that the wait ends first. */
const clientGraceMs = 60_000

/**
 * `down` needs no compose file, which may be missing: containers and networks are found by the project's name, and
 * labels give the order in which they stop. Never with `--volumes`. A timeout ends the wait, not the engine's current
 * stop.
 */
export const push = Effect.fnUntraced(function* (docker: Docker, app: App, found: ProjectLeftovers, leftMs: number) {
  const tryTo = (...args: ReadonlyArray<string>) => docker.run(args, { codes: [0, 1] })
  const made = found.containers.filter(isMadeByCompose)
  if (found.containers.length === 0 && found.networks.length > 0) yield* tryTo("network", "rm", ...found.networks)
  for (const container of made) {
    // A paused container does not receive SIGTERM. It would be killed ten seconds later.
    if (container.State.Status === "paused") yield* tryTo("container", "unpause", container.Id)
    // For a deploy after this has timed out: the engine does not report that it is stopping a container.
    if (container.State.Running && !isStopping(container)) {
      yield* tryTo("container", "rename", nameOf(container), stoppingName(container))
    }
  }
  if (made.length > 0) {
    const nothingOfARelease = ["--project-directory", "/", "--env-file", "/dev/null"]
    yield* composeTool(docker, app.stack, [...nothingOfARelease, "down", "--remove-orphans"], {
      timeoutMs: leftMs + clientGraceMs
    }).pipe(Effect.timeoutOption(leftMs))
  }
  // Compose does not know a foreign container with its label. A running one is reported, not stopped.
  const ended = found.containers.filter((container) => !made.includes(container) && !container.State.Running)
  if (ended.length > 0) yield* tryTo("container", "rm", ...ended.map(({ Id }) => Id))
})
