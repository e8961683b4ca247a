/** Collects the facts that `Hazards.ts` judges, while the app still runs. */
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { externalVolumeAnswers } from "../../domain/folders.ts"
import { listenersOn } from "../../host/Ports.ts"
import type { Compose, ComposeObject, ComposeService } from "../docker/Compose.ts"
import { allContainers, type Container, labelOf } from "../docker/containers.ts"
import type { Docker, Noun } from "../docker/Docker.ts"
import { folderHazards, folderVolumes, relativeMounts } from "../docker/dataFolders.ts"
import { bindsOf, judgeHostMounts } from "../docker/hostMounts.ts"
import { isInside } from "../docker/hostPaths.ts"
import { imagesHere, missingExternals, missingFiles } from "../docker/prerequisites.ts"
import { mountedPaths } from "../docker/stack/mountedVolumes.ts"
import { namespaceLabel, readStack, type Stack } from "../docker/stack/Services.ts"
import type { ReadRelease } from "../docker/stack/StackTool.ts"
import type { HostFolders } from "../Runtime.ts"
import { readHost } from "../readHost.ts"
import { hazardsOf, type SwarmFacts } from "./Hazards.ts"
import { swarmInfo } from "./info.ts"
import { allNodes } from "./nodes.ts"
import { allObjects } from "./objects.ts"
import { otherServices, othersOn } from "./others.ts"
import { type StackVolumeOwners, volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("Swarm.preflight")(function* (app: App, read: ReadRelease) {
  const { docker, compose, source } = read
  const dir = dirname(source.files[0] ?? "/")
  const running = yield* readStack(docker, app.stack)
  const containers = yield* allContainers(docker)
  const own = containers.filter((container) => labelOf(container, namespaceLabel) === app.stack)
  const owners = yield* volumeOwners(docker)
  const judged = yield* judge(app, read, { containers, owners, running })
  const folders = yield* folderVolumes(
    app,
    judged.data.map(({ path }) => path)
  )
  const volumes = [...volumesOf(app, owners), ...folders]
  const facts: SwarmFacts = {
    stack: app.stack,
    answers: app.data,
    compose,
    images: yield* imagesHere(docker, compose),
    folders: [...relativeMounts(compose, dir, mountAbsolute), ...folderHazards(app, judged)],
    owners,
    volumes,
    running,
    containers: own,
    others: yield* othersOn({ app, volumes, owners, containers }),
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

const mountAbsolute = "mount an absolute path or a named volume, or mount it read-only (:ro)"

interface Engine {
  readonly containers: ReadonlyArray<Container>
  readonly owners: StackVolumeOwners
  readonly running: Stack
}

/** Judges the bind mounts of the release and of the running services. Files of releases are not data. */
const judge = (app: App, { compose, docker, source }: ReadRelease, { containers, owners, running }: Engine) => {
  const releases = [join(app.dir, "releases"), dirname(source.files[0] ?? "/")]
  const own = running.services.flatMap((service) =>
    mountedPaths(service).map((bind) => ({ ...bind, service: service.Spec.Name.replace(`${app.stack}_`, "") }))
  )
  const named = new Set(volumesOf(app, owners).map(({ name }) => name))
  return judgeHostMounts(docker, app, {
    kind: "swarm",
    binds: [...bindsOf(compose), ...own].filter((bind) => !releases.some((dir) => isInside(dir, bind.source))),
    otherContainers: containers.filter((container) => labelOf(container, namespaceLabel) !== app.stack),
    otherServices: otherServices(app.stack, owners),
    volumes: owners.volumes.filter(({ Name }) => named.has(Name)),
    known: owners.volumes
  })
}

/** The data folders of the release and of the running services. */
export const foldersOf = Effect.fn("Swarm.folders")(function* (app: App, read: ReadRelease) {
  const { docker } = read
  const running = yield* readStack(docker, app.stack)
  const containers = yield* allContainers(docker)
  const judged = yield* judge(app, read, { containers, owners: yield* volumeOwners(docker), running })
  const found: HostFolders = {
    data: judged.data.map(({ path }) => path),
    external: [...judged.external, ...externalVolumeAnswers(app)]
  }
  return found
})

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
