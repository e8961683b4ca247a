/** Collects the facts that `Hazards.ts` judges, while the app still runs. */
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App } from "../../domain/App.ts"
import { listenersOn } from "../../host/Ports.ts"
import { allContainers, type Container } from "../docker/containers.ts"
import { othersOn } from "../docker/others.ts"
import { boundSources, imagesHere, missingExternals, missingFiles, withoutData } from "../docker/prerequisites.ts"
import { readHost } from "../readHost.ts"
import { type ComposeFacts, hazardsOf } from "./Hazards.ts"
import { allNetworks } from "./networks.ts"
import { isOf } from "./Project.ts"
import { composeTool } from "./plugin.ts"
import type { Project } from "./readProject.ts"
import { sourceEnv, sourceFlags } from "./source.ts"
import { swarmServices, volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("Compose.preflight")(function* (app: App, project: Project) {
  const { docker, compose } = project
  const isOwn = isOf(app.stack)
  const otherServices = yield* swarmServices(docker)
  const containers = yield* allContainers(docker)
  const own = containers.filter(isOwn)
  const owners = yield* volumeOwners(docker, containers)
  const volumes = volumesOf(app.stack, owners, containers)
  const facts: ComposeFacts = {
    stack: app.stack,
    project,
    images: yield* imagesHere(docker, compose),
    withoutData: yield* withoutData([...boundSources(compose).map(({ source }) => source), ...boundBy(own)]),
    owners,
    volumes,
    containers: own,
    otherContainers: containers.filter((container) => !isOwn(container)),
    others: yield* othersOn({ kind: "compose", volumes, known: owners.volumes, containers, isOwn, otherServices }),
    networks: yield* allNetworks(docker),
    listeners: yield* listeners(project, new Set(own.map(({ Id }) => Id))),
    missing: yield* missing(project),
    unknownProfiles: yield* unknownProfiles(app, project),
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
  return readHost("compose", () =>
    listenersOn(ports).filter(({ container }) => container === null || !own.has(container))
  )
}

const missing = Effect.fnUntraced(function* ({ docker, compose }: Project) {
  return [
    ...(yield* missingExternals(docker, "network", compose.networks)),
    ...(yield* missingExternals(docker, "volume", compose.volumes)),
    ...(yield* missingFiles(compose))
  ]
})

/** Profiles that the env file names but no service has. */
const unknownProfiles = Effect.fnUntraced(function* (app: App, { docker, source }: Project) {
  const asked = (source.variables["COMPOSE_PROFILES"] ?? "").split(",").map((name) => name.trim())
  const wanted = asked.filter((name) => name !== "" && name !== "*")
  if (wanted.length === 0) return []
  const { stdout } = yield* composeTool(docker, app.stack, [...sourceFlags(source), "config", "--profiles"], {
    env: sourceEnv(source, app)
  })
  const known = new Set(stdout.split("\n"))
  return wanted.filter((name) => !known.has(name))
})

/**
 * Compose's warnings name variables. A `$` in a value of the env file turns the following text into one, which may be
 * part of a secret. So only names that the recipe's own files use are repeated (LAW-12).
 */
const unsetNames = Effect.fnUntraced(function* ({ unset, contents, source }: Project) {
  const without = contents.filter((name) => source.variables[name] === undefined)
  if (unset.length === 0) return without
  const texts = yield* Effect.forEach(source.files, (file) =>
    Effect.catch(readSmallText(file), () => Effect.succeed(""))
  )
  const isUsed = (name: string) => texts.some((text) => new RegExp(`\\$\\{?${name}\\b`).test(text))
  const named = unset.filter(isUsed)
  return [...without, ...named, ...(named.length === unset.length ? [] : ["after a $ in a value of the env file"])]
})
