/**
 * LAW-1 on a swarm: what remains of a stack, or uses its volumes. The swarm forgets services first, then tasks, and
 * containers seconds after both, so each is read separately.
 */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { allContainers, type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { folderVolumes } from "../docker/dataFolders.ts"
import { type Other, withState } from "../docker/others.ts"
import { hasEnded, namespaceLabel, readStack, type Stack } from "../docker/stack/Services.ts"
import { type ObjectNoun, objectsOf } from "./objects.ts"
import { othersOn } from "./others.ts"
import { volumeOwners, volumesOf } from "./volumes.ts"

export interface StackLeftovers extends Stack {
  /** Containers of the stack, in any state. */
  readonly containers: ReadonlyArray<Container>
  readonly others: ReadonlyArray<Other>
  readonly networks: ReadonlyArray<string>
  /** Secrets and configs that the stack created. */
  readonly objects: ReadonlyArray<{ readonly noun: "secret" | "config"; readonly name: string }>
}

export const leftovers = Effect.fn("Swarm.leftovers")(function* (
  docker: Docker,
  app: App,
  folders: ReadonlyArray<string>
) {
  const named = (noun: ObjectNoun) => objectsOf(docker, noun, `${namespaceLabel}=${app.stack}`)
  // Services before tasks before containers before processes: something that moves from one to the next between two
  // reads is seen in the second.
  const stack = yield* readStack(docker, app.stack)
  const owners = yield* volumeOwners(docker)
  const containers = yield* allContainers(docker)
  const found: StackLeftovers = {
    ...stack,
    containers: containers.filter((container) => labelOf(container, namespaceLabel) === app.stack),
    others: yield* othersOn({
      ...{ app, owners, containers },
      volumes: [...volumesOf(app, owners), ...(yield* folderVolumes(app, folders))]
    }),
    networks: (yield* named("network")).map(({ name }) => name),
    objects: [
      ...(yield* named("secret")).map(({ name }) => ({ noun: "secret", name }) as const),
      ...(yield* named("config")).map(({ name }) => ({ noun: "config", name }) as const)
    ]
  }
  return found
})

/** Each remaining thing, for people. Empty: the stack is quiet. */
export const describeLeft = ({ services, tasks, containers, others, networks, objects }: StackLeftovers) => [
  ...services.map(({ Spec }) => `service ${Spec.Name}`),
  ...tasks.filter((task) => !hasEnded(task)).map(({ ID, Status }) => `task ${ID.slice(0, 12)} (${Status.State})`),
  ...containers.map((container) => `container ${nameOf(container)} (${container.State.Status})`),
  ...others.map((other) => `${volumeText(other.volume)} is in use outside of the stack: ${withState(other)}`),
  ...networks.map((name) => `network ${name}`),
  ...objects.map(({ noun, name }) => `${noun} ${name}`)
]
