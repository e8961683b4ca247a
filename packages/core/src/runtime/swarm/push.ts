/** One round of taking a stack down, depending on what remains. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import { hasEnded } from "../docker/stack/Services.ts"
import type { StackLeftovers } from "./quiet.ts"

export const push = Effect.fnUntraced(function* (docker: Docker, app: App, found: StackLeftovers) {
  const tryTo = (...args: ReadonlyArray<string>) => docker.run(args, { codes: [0, 1] })
  if (found.services.length > 0 || found.objects.length > 0) {
    yield* tryTo("stack", "rm", app.stack)
    return
  }
  if (found.tasks.some((task) => !hasEnded(task))) return
  // No task manages these any more. Without --volumes, so that no data is removed with a container.
  const stopped = found.containers.filter(({ State }) => ["exited", "created", "dead"].includes(State.Status))
  if (stopped.length > 0) yield* tryTo("container", "rm", ...stopped.map(({ Id }) => Id))
  if (found.containers.length === 0 && found.networks.length > 0) yield* tryTo("network", "rm", ...found.networks)
})
