/** Takes a stack down and waits until nothing of it, and nobody else, can write to its volumes (LAW-1). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import { hasEnded } from "../docker/stack/Services.ts"
import type { StackTool } from "../docker/stack/StackTool.ts"
import { NotQuiet } from "../Runtime.ts"
import { describeLeft, type Leftovers, leftovers } from "./quiet.ts"

const pollMs = 500

export const undeploy = Effect.fn("swarm.undeploy")(function* (
  docker: Docker,
  app: App,
  deadlineMs: number,
  takeDown: StackTool["takeDown"]
) {
  const start = yield* Clock.currentTimeMillis
  let found = yield* leftovers(docker, app)
  const removed = found.services.map(({ Spec }) => Spec.Name)
  // Half of the time: a tool that hangs, or fails, must not keep an app from going back.
  const complaint =
    takeDown === null || removed.length === 0
      ? null
      : yield* takeDown(docker.call, app, found.services, Math.ceil(deadlineMs / 2))
  if (complaint !== null) yield* Effect.logWarning(`${app.name}: docker takes it down instead: ${complaint}`)
  if (takeDown !== null) found = yield* leftovers(docker, app)
  while (describeLeft(found).length > 0) {
    yield* push(docker, app, found)
    found = yield* leftovers(docker, app)
    const left = describeLeft(found)
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    if (left.length === 0) break
    if (waitedMs >= deadlineMs) {
      const said = complaint === null ? [] : [complaint]
      return yield* new NotQuiet({ app: app.name, left: [...left, ...said], waitedMs })
    }
    yield* Effect.sleep(pollMs)
  }
  return { removed, quietAfterMs: (yield* Clock.currentTimeMillis) - start }
})

/**
 * One push towards quiet. Each command may fail because the engine is not there yet (a network still in use) or already
 * further (a container gone meanwhile): the next look decides, not its answer.
 */
const push = Effect.fnUntraced(function* (docker: Docker, app: App, found: Leftovers) {
  const tryTo = (...args: ReadonlyArray<string>) => docker.run(args, { codes: [0, 1] })
  if (found.services.length > 0 || found.objects.length > 0) {
    yield* tryTo("stack", "rm", app.stack)
    return
  }
  if (found.tasks.some((task) => !hasEnded(task))) return
  // No task looks after these any more. Without --volumes: nothing of the data goes with a container.
  const stopped = found.containers.filter(({ State }) => ["exited", "created", "dead"].includes(State.Status))
  if (stopped.length > 0) yield* tryTo("container", "rm", ...stopped.map(({ Id }) => Id))
  if (found.containers.length === 0 && found.networks.length > 0) yield* tryTo("network", "rm", ...found.networks)
})
