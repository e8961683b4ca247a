/** Collects the facts that `Hazards.ts` judges, while the app still runs. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { listenersOn } from "../../host/Ports.ts"
import type { Compose, ComposeObject, ComposeService } from "../docker/Compose.ts"
import { allContainers, labelOf } from "../docker/containers.ts"
import type { Docker, Noun } from "../docker/Docker.ts"
import { boundSources, imagesHere, missingExternals, missingFiles, withoutData } from "../docker/prerequisites.ts"
import { namespaceLabel, readStack, type Stack } from "../docker/stack/Services.ts"
import type { ReadRelease } from "../docker/stack/StackTool.ts"
import { readHost } from "../readHost.ts"
import { hazardsOf, type SwarmFacts } from "./Hazards.ts"
import { swarmInfo } from "./info.ts"
import { allNodes } from "./nodes.ts"
import { allObjects } from "./objects.ts"
import { othersOn } from "./others.ts"
import { volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("Swarm.preflight")(function* (app: App, { docker, compose }: ReadRelease) {
  const running = yield* readStack(docker, app.stack)
  const containers = yield* allContainers(docker)
  const own = containers.filter((container) => labelOf(container, namespaceLabel) === app.stack)
  const owners = yield* volumeOwners(docker)
  const volumes = volumesOf(app.stack, owners)
  const facts: SwarmFacts = {
    stack: app.stack,
    compose,
    images: yield* imagesHere(docker, compose),
    withoutData: yield* withoutData([...boundSources(compose).map(({ source }) => source), ...mountedBy(running)]),
    owners,
    volumes,
    running,
    containers: own,
    others: yield* othersOn({ stack: app.stack, volumes, owners, containers }),
    node: yield* swarmInfo(docker),
    nodes: yield* allNodes(docker),
    listeners: yield* listeners(compose, new Set(own.map(({ Id }) => Id))),
    objects: yield* allObjects(docker),
    otherContainers: containers.filter((container) => !own.includes(container)),
    missing: yield* missing(docker, compose)
  }
  return hazardsOf(facts)
})

const listeners = (compose: Compose, own: ReadonlySet<string>) => {
  const ports = new Set(compose.services.flatMap((service) => service.ports.map(({ published }) => published)))
  return readHost("swarm", () =>
    listenersOn(ports).filter(({ container }) => container === null || !own.has(container))
  )
}

const mountedBy = (running: Stack): ReadonlyArray<string> =>
  running.services.flatMap(({ Spec }) =>
    (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
      Type === "bind" && Source !== undefined ? [Source] : []
    )
  )

const missing = Effect.fnUntraced(function* (docker: Docker, compose: Compose) {
  const there = (noun: Noun, objects: ReadonlyArray<ComposeObject>) =>
    missingExternals(docker, noun, objects, (name, scope) =>
      noun !== "network" || scope === "swarm" || ["host", "none", "bridge"].includes(name)
        ? null
        : "exists only on this host, but a stack needs an overlay network"
    )
  return [
    ...(yield* there("secret", compose.secrets)),
    ...(yield* there("config", compose.configs)),
    ...(yield* there("network", compose.networks)),
    ...(yield* there("volume", compose.volumes)),
    ...(yield* missingFiles(compose))
  ]
})

/** With several nodes, only volumes keep a service on this one. */
export const isHere = ({ docker }: ReadRelease) =>
  Effect.map(
    swarmInfo(docker),
    ({ count }) =>
      ({ mounts }: ComposeService) =>
        count === 1 || mounts.some(({ kind }) => kind === "volume")
  )
