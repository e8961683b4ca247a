/** Looks at everything that `Hazards.ts` judges, and brings images here, all while the app still runs. */
import * as Effect from "effect/Effect"
import type { App, EffectiveApp, Release } from "../../domain/App.ts"
import type { Compose, ComposeObject } from "../docker/Compose.ts"
import type { ComposeSource } from "../docker/composeEnv.ts"
import { allContainers, labelOf } from "../docker/containers.ts"
import type { Call, Docker, Noun } from "../docker/Docker.ts"
import { declaredBy } from "../docker/declared.ts"
import {
  boundSources,
  imagesHere,
  missingExternals,
  missingFiles,
  pullMissing,
  withoutData
} from "../docker/lookAhead.ts"
import { listenersOn } from "../host/Ports.ts"
import { look } from "../host/Proc.ts"
import { type Facts, hazardsOf } from "./Hazards.ts"
import { swarmInfo } from "./info.ts"
import { allNodes } from "./nodes.ts"
import { allObjects } from "./objects.ts"
import { othersOn } from "./others.ts"
import { readCompose } from "./readCompose.ts"
import { namespaceLabel, readStack, type Stack } from "./Services.ts"
import { volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("swarm.preflight")(function* (
  docker: Docker,
  call: Call,
  app: App,
  release: Release,
  source: ComposeSource
) {
  const { compose } = yield* readCompose(docker, call, app, release, source)
  const running = yield* readStack(docker, call, app.stack)
  const containers = yield* allContainers(docker, call)
  const own = containers.filter((container) => labelOf(container, namespaceLabel) === app.stack)
  const owners = yield* volumeOwners(docker, call)
  const volumes = volumesOf(app.stack, owners)
  const facts: Facts = {
    stack: app.stack,
    compose,
    images: yield* imagesHere(docker, call, compose),
    withoutData: yield* withoutData([...boundSources(compose).map(({ source }) => source), ...mountedBy(running)]),
    owners,
    volumes,
    running,
    containers: own,
    others: yield* othersOn({ stack: app.stack, volumes, owners, containers }),
    node: yield* swarmInfo(docker, call),
    nodes: yield* allNodes(docker, call),
    listeners: yield* listeners(compose, new Set(own.map(({ Id }) => Id))),
    objects: yield* allObjects(docker, call),
    otherContainers: containers.filter((container) => !own.includes(container)),
    missing: yield* missing(docker, call, compose)
  }
  return hazardsOf(facts)
})

const listeners = (compose: Compose, own: ReadonlySet<string>) => {
  const ports = new Set(compose.services.flatMap((service) => service.ports.map(({ published }) => published)))
  return look("swarm", () => listenersOn(ports).filter(({ container }) => container === null || !own.has(container)))
}

const mountedBy = (running: Stack): ReadonlyArray<string> =>
  running.services.flatMap(({ Spec }) =>
    (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
      Type === "bind" && Source !== undefined ? [Source] : []
    )
  )

const missing = Effect.fnUntraced(function* (docker: Docker, call: Call, compose: Compose) {
  const there = (noun: Noun, objects: ReadonlyArray<ComposeObject>) =>
    missingExternals(docker, call, noun, objects, (name, scope) =>
      noun !== "network" || scope === "swarm" || ["host", "none", "bridge"].includes(name)
        ? null
        : "is a network of this host only: a stack needs an overlay network"
    )
  return [
    ...(yield* there("secret", compose.secrets)),
    ...(yield* there("config", compose.configs)),
    ...(yield* there("network", compose.networks)),
    ...(yield* there("volume", compose.volumes)),
    ...(yield* missingFiles(compose))
  ]
})

/** Pulls what is not here yet. */
export const prefetch = Effect.fn("swarm.prefetch")(function* (
  docker: Docker,
  call: Call,
  app: EffectiveApp,
  release: Release,
  source: ComposeSource
) {
  const { compose } = yield* readCompose(docker, call, app, release, source)
  return yield* pullMissing(docker, call, app, compose)
})

export const declared = Effect.fn("swarm.declared")(function* (
  docker: Docker,
  call: Call,
  app: App,
  release: Release,
  source: ComposeSource
) {
  const { compose } = yield* readCompose(docker, call, app, release, source)
  const { count } = yield* swarmInfo(docker, call)
  // Of several nodes only volumes keep a service on this one.
  return yield* declaredBy(
    docker,
    call,
    compose,
    ({ mounts }) => count === 1 || mounts.some(({ kind }) => kind === "volume")
  )
})
