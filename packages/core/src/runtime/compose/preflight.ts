/** Looks at everything that `Hazards.ts` judges, and brings images here, all while the app still runs. */
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App, EffectiveApp, Release } from "../../domain/App.ts"
import { allContainers, type Container } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { declaredBy } from "../docker/declared.ts"
import {
  boundSources,
  imagesHere,
  missingExternals,
  missingFiles,
  pullMissing,
  withoutData
} from "../docker/lookAhead.ts"
import { othersOn } from "../docker/others.ts"
import { listenersOn } from "../host/Ports.ts"
import { look } from "../host/Proc.ts"
import { type Facts, hazardsOf } from "./Hazards.ts"
import { allNetworks } from "./networks.ts"
import { isOf } from "./Project.ts"
import { composeTool } from "./plugin.ts"
import { type Project, readProject } from "./readProject.ts"
import { sourceEnv, sourceFlags } from "./source.ts"
import { swarmServices, volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("compose.preflight")(function* (
  docker: Docker,
  begun: Call,
  app: App,
  release: Release
) {
  const project = yield* readProject(docker, begun, app, release)
  const { call, compose } = project
  const isOwn = isOf(app.stack)
  const otherServices = yield* swarmServices(docker, call)
  const containers = yield* allContainers(docker, call)
  const own = containers.filter(isOwn)
  const owners = yield* volumeOwners(docker, call, containers)
  const volumes = volumesOf(app.stack, owners, containers)
  const facts: Facts = {
    stack: app.stack,
    project,
    images: yield* imagesHere(docker, call, compose),
    withoutData: yield* withoutData([...boundSources(compose).map(({ source }) => source), ...boundBy(own)]),
    owners,
    volumes,
    containers: own,
    otherContainers: containers.filter((container) => !isOwn(container)),
    others: yield* othersOn({ kind: "compose", volumes, known: owners.volumes, containers, isOwn, otherServices }),
    networks: yield* allNetworks(docker, call),
    listeners: yield* listeners(project, new Set(own.map(({ Id }) => Id))),
    missing: yield* missing(docker, project),
    unknownProfiles: yield* unknownProfiles(docker, app, project),
    unset: yield* unsetNames(project)
  }
  return hazardsOf(facts)
})

const boundBy = (containers: ReadonlyArray<Container>): ReadonlyArray<string> =>
  containers.flatMap(({ Mounts }) =>
    Mounts.flatMap(({ Type, Source }) => (Type === "bind" && Source !== undefined ? [Source] : []))
  )

const listeners = ({ more }: Project, own: ReadonlySet<string>) => {
  const ports = new Set([...more.values()].flatMap(({ published }) => published.map(({ port }) => port)))
  return look("compose", () => listenersOn(ports).filter(({ container }) => container === null || !own.has(container)))
}

const missing = Effect.fnUntraced(function* (docker: Docker, { call, compose }: Project) {
  return [
    ...(yield* missingExternals(docker, call, "network", compose.networks)),
    ...(yield* missingExternals(docker, call, "volume", compose.volumes)),
    ...(yield* missingFiles(compose))
  ]
})

/** Profiles that the env file asks for, and no service has. */
const unknownProfiles = Effect.fnUntraced(function* (docker: Docker, app: App, { call, source }: Project) {
  const asked = (source.variables["COMPOSE_PROFILES"] ?? "").split(",").map((name) => name.trim())
  const wanted = asked.filter((name) => name !== "" && name !== "*")
  if (wanted.length === 0) return []
  const { stdout } = yield* composeTool(docker, call, app.stack, [...sourceFlags(source), "config", "--profiles"], {
    env: sourceEnv(source, app)
  })
  const known = new Set(stdout.split("\n"))
  return wanted.filter((name) => !known.has(name))
})

/**
 * Compose's warnings name variables, and a `$` in a value of the env file makes one of what follows it, which may be a
 * piece of a secret: only a name that the recipe's own files use is repeated (LAW-12).
 */
const unsetNames = Effect.fnUntraced(function* ({ unset, contents, source }: Project) {
  const without = contents.filter((name) => source.variables[name] === undefined)
  if (unset.length === 0) return without
  const texts = yield* Effect.forEach(source.files, (file) =>
    Effect.catch(readSmallText(file), () => Effect.succeed(""))
  )
  const isUsed = (name: string) => texts.some((text) => new RegExp(`\\$\\{?${name}\\b`).test(text))
  const named = unset.filter(isUsed)
  return [...without, ...named, ...(named.length === unset.length ? [] : ["that a $ in the env file makes"])]
})

/** Pulls what is not here yet. Nothing is built. */
export const prefetch = Effect.fn("compose.prefetch")(function* (
  docker: Docker,
  begun: Call,
  app: EffectiveApp,
  release: Release
) {
  const { call, compose, more } = yield* readProject(docker, begun, app, release)
  return yield* pullMissing(docker, call, app, compose, (service) => more.get(service)?.platform ?? null)
})

export const declared = Effect.fn("compose.declared")(function* (
  docker: Docker,
  begun: Call,
  app: App,
  release: Release
) {
  const { call, compose, services } = yield* readProject(docker, begun, app, release)
  return yield* declaredBy(docker, call, compose, ({ name }) => services.has(name))
})
