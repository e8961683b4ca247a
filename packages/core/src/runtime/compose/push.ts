/** One push of a project towards quiet, by what is left of it. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { isMadeByCompose, isStopping, stoppingName } from "./Project.ts"
import { composeTool } from "./plugin.ts"
import type { Leftovers } from "./quiet.ts"

/** The wait ends first. */
const clientGraceMs = 60_000

/**
 * `down` needs no compose file, which may be gone: the project's name finds containers and networks, labels tell the order
 * in which they are stopped. Never with `--volumes`. An end of time ends the wait, not the stop that the engine is at.
 */
export const push = Effect.fnUntraced(function* (docker: Docker, app: App, found: Leftovers, leftMs: number) {
  const tryTo = (...args: ReadonlyArray<string>) => docker.run(args, { codes: [0, 1] })
  const made = found.containers.filter(isMadeByCompose)
  if (found.containers.length === 0 && found.networks.length > 0) yield* tryTo("network", "rm", ...found.networks)
  for (const container of made) {
    // One that is paused hears no SIGTERM: it would be killed, ten seconds later.
    if (container.State.Status === "paused") yield* tryTo("container", "unpause", container.Id)
    // For a deploy after this has run out of time: the engine does not say that it is stopping a container.
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
  // Compose does not know what somebody else gave its label to. What of it runs is named, not stopped.
  const ended = found.containers.filter((container) => !made.includes(container) && !container.State.Running)
  if (ended.length > 0) yield* tryTo("container", "rm", ...ended.map(({ Id }) => Id))
})
