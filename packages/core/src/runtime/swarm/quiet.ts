/**
 * LAW-1 on a swarm: what of a stack, or on its volumes, is still there. Services are forgotten first, then tasks, and
 * containers seconds after both; so each is asked for by itself.
 */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { allContainers, type Container, holds, labelOf, nameOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { hasEnded, namespaceLabel, readStack, type Stack } from "./Services.ts"
import { stackVolumes } from "./volumes.ts"

export interface Leftovers extends Stack {
  /** The stack's own, in any state. */
  readonly containers: ReadonlyArray<Container>
  /** Somebody else's that hold one of the stack's volumes, and which one. */
  readonly foreign: ReadonlyArray<{ readonly container: Container; readonly volume: string }>
  readonly networks: ReadonlyArray<string>
  /** Secrets and configs that the stack brought itself. */
  readonly objects: ReadonlyArray<{ readonly noun: "secret" | "config"; readonly name: string }>
}

export const leftovers = Effect.fn("swarm.leftovers")(function* (docker: Docker, call: Call, app: App) {
  const filter = ["--filter", `label=${namespaceLabel}=${app.stack}`]
  const named = (noun: string) => docker.lines(call, [noun, "ls", ...filter, "--format", "{{.Name}}"])
  // Services before tasks before containers: what goes from one to the next between two looks is seen in the second.
  const stack = yield* readStack(docker, call, app.stack)
  const volumes = yield* stackVolumes(docker, call, app)
  const containers = yield* allContainers(docker, call)
  const isOwn = (container: Container) => labelOf(container, namespaceLabel) === app.stack
  const found: Leftovers = {
    ...stack,
    containers: containers.filter(isOwn),
    foreign: containers
      .filter((container) => !isOwn(container))
      .flatMap((container) =>
        volumes.filter((volume) => holds(container, volume)).map(({ name }) => ({ container, volume: name }))
      ),
    networks: yield* named("network"),
    objects: [
      ...(yield* named("secret")).map((name) => ({ noun: "secret", name }) as const),
      ...(yield* named("config")).map((name) => ({ noun: "config", name }) as const)
    ]
  }
  return found
})

/** Each thing that is left, for people. Empty: it is quiet. */
export const describeLeft = ({ services, tasks, containers, foreign, networks, objects }: Leftovers) => [
  ...services.map(({ Spec }) => `service ${Spec.Name}`),
  ...tasks.filter((task) => !hasEnded(task)).map(({ ID, Status }) => `task ${ID.slice(0, 12)} (${Status.State})`),
  ...containers.map((container) => `container ${nameOf(container)} (${container.State.Status})`),
  ...foreign.map(({ container, volume }) => `container ${nameOf(container)}, not of the stack, has volume ${volume}`),
  ...networks.map((name) => `network ${name}`),
  ...objects.map(({ noun, name }) => `${noun} ${name}`)
]
