/** Collects the facts that `Hazards.ts` judges, while the app still runs. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App } from "../../domain/App.ts"
import { externalVolumeAnswers, isAnsweredOwn } from "../../domain/folders.ts"
import { realSource } from "../../host/hostSource.ts"
import { listenersOn } from "../../host/Ports.ts"
import { allContainers, type Container } from "../docker/containers.ts"
import { folderHazards, folderVolumes, relativeMounts } from "../docker/dataFolders.ts"
import type { Missing } from "../docker/hazards.ts"
import { type Bind, bindsOf, judgeHostMounts } from "../docker/hostMounts.ts"
import { othersOn } from "../docker/others.ts"
import { imagesHere, missingExternals, missingFiles } from "../docker/prerequisites.ts"
import type { HostFolders } from "../Runtime.ts"
import { readHost } from "../readHost.ts"
import { broughtFiles, broughtHazards, isBrought } from "./broughtFiles.ts"
import type { ComposeProject } from "./ComposeProject.ts"
import { type ComposeFacts, hazardsOf } from "./Hazards.ts"
import { allNetworks } from "./networks.ts"
import { isOf, serviceOf } from "./projectContainers.ts"
import type { ProjectFiles } from "./projectFiles.ts"
import { type ProjectVolumeOwners, swarmServices, volumeOwners, volumesOf } from "./volumes.ts"

export const preflight = Effect.fn("Compose.preflight")(function* (app: App, project: ComposeProject) {
  return hazardsOf((yield* factsOf(app, project)).facts)
})

/** The facts, with the judgement of the bind mounts from which the folders' come. */
export const factsOf = Effect.fnUntraced(function* (app: App, project: ComposeProject) {
  const { docker, compose } = project
  const isOwn = isOf(app.stack)
  const otherServices = yield* swarmServices(docker)
  const containers = yield* allContainers(docker)
  const own = containers.filter(isOwn)
  const owners = yield* volumeOwners(docker, containers)
  const judged = yield* judge(app, project, containers, owners)
  const folders = yield* folderVolumes(
    app,
    judged.data.map(({ path }) => path)
  )
  const volumes = [...volumesOf(app, owners, containers), ...folders]
  const facts: ComposeFacts = {
    stack: app.stack,
    answers: app.data,
    project,
    images: yield* imagesHere(docker, compose),
    folders: [
      ...(app.folder === null ? relativeMounts(compose, project.dir, nameFolder) : []),
      ...broughtHazards(app, project),
      ...(yield* folderHazards(app, judged))
    ],
    owners,
    volumes,
    containers: own,
    otherContainers: containers.filter((container) => !isOwn(container)),
    others: yield* othersOn({
      ...{ kind: "compose", volumes, known: owners.volumes, containers, isOwn, otherServices },
      isAnswered: (path) => isAnsweredOwn(app, path)
    }),
    networks: yield* allNetworks(docker),
    listeners: yield* listeners(project, new Set(own.map(({ Id }) => Id))),
    missing: yield* missing(project),
    unknownProfiles: unknownProfiles(project),
    unset: [...project.required, ...(yield* unsetNames(project))],
    projectName: app.folder === null ? null : projectName(project)
  }
  return { facts, judged }
})

/** What of the host the release's services would mount, and what its containers do. */
const allBinds = ({ compose }: ComposeProject, containers: ReadonlyArray<Container>): ReadonlyArray<Bind> => [
  ...bindsOf(compose),
  ...containers.flatMap((container) =>
    container.Mounts.flatMap(({ RW, Source, Type }) =>
      Type === "bind" && Source !== undefined ? [{ service: serviceOf(container), source: Source, readOnly: !RW }] : []
    )
  )
]

const judge = Effect.fnUntraced(function* (
  app: App,
  project: ComposeProject,
  containers: ReadonlyArray<Container>,
  owners: ProjectVolumeOwners
) {
  const isOwn = isOf(app.stack)
  const all = allBinds(project, containers.filter(isOwn))
  const named = new Set(volumesOf(app, owners, containers).map(({ name }) => name))
  const judged = yield* judgeHostMounts(project.docker, app, {
    kind: "compose",
    binds: yield* Effect.filter(all, (bind) => Effect.map(isBrought(app, project, bind), (brought) => !brought)),
    otherContainers: containers.filter((container) => !isOwn(container)),
    otherServices: yield* swarmServices(project.docker),
    volumes: owners.volumes.filter(({ Name }) => named.has(Name)),
    known: owners.volumes
  })
  const answered = yield* Effect.forEach(broughtFiles(app, project), ({ path }) => realSource(path))
  return { ...judged, unused: judged.unused.filter((path) => !answered.includes(path)) }
})

/** Paths of the host that hold data of the app: by the release, and by what runs. */
export const foldersOf = Effect.fn("Compose.folders")(function* (app: App, project: ComposeProject) {
  const containers = yield* allContainers(project.docker)
  const { data, external, unused } = yield* judge(
    app,
    project,
    containers,
    yield* volumeOwners(project.docker, containers)
  )
  const found: HostFolders = {
    data: data.map(({ path }) => path),
    external: [...external, ...externalVolumeAnswers(app)],
    unused
  }
  return found
})

const listeners = ({ more }: ComposeProject, own: ReadonlySet<string>) => {
  const ports = new Set([...more.values()].flatMap(({ published }) => published.map(({ port }) => port)))
  return readHost("compose", () =>
    listenersOn(ports).filter(({ container }) => container === null || !own.has(container))
  )
}

const missing = Effect.fnUntraced(function* ({ docker, compose, lacking, missing: files, source }: ComposeProject) {
  return [
    ...(yield* missingExternals(docker, "network", compose.networks)),
    ...(yield* missingExternals(docker, "volume", compose.volumes)),
    ...(yield* missingFiles(compose)),
    ...files.map(
      ({ at, path }): Missing => ({
        noun: "file",
        name: join(source.dir, path),
        why: `does not exist, but ${at} names it`
      })
    ),
    ...lacking.map(
      (name): Missing => ({
        noun: "file",
        name,
        why: "does not exist, but is part of the version, in a folder that services mount"
      })
    )
  ]
})

const nameFolder = "set `folder:` of the app to the folder in which its project runs, or mount it read-only (:ro)"

/** The name that docker compose itself gives to the project; null: its files and its env file give none. */
export const projectName = ({ givenName, source }: Pick<ComposeProject, "givenName" | "source">): string | null =>
  source.variables["COMPOSE_PROJECT_NAME"] || givenName

/** Profiles that the env file names but no service has. */
const unknownProfiles = ({ profiles, source }: ComposeProject): ReadonlyArray<string> => {
  const asked = (source.variables["COMPOSE_PROFILES"] ?? "").split(",").map((name) => name.trim())
  const wanted = asked.filter((name) => name !== "" && name !== "*")
  return wanted.filter((name) => !profiles.has(name))
}

/**
 * Compose's warnings name variables. A `$` in a value of the env file turns the following text into one, which may be
 * part of a secret. So only names that the recipe's own files use are repeated (LAW-12).
 */
export const namesUsedBy = Effect.fnUntraced(function* (
  { composeFiles }: Pick<ProjectFiles, "composeFiles">,
  names: ReadonlyArray<string>
) {
  if (names.length === 0) return []
  const texts = yield* Effect.forEach(composeFiles, (file) => Effect.orElseSucceed(readSmallText(file), () => ""))
  const used = names.filter((name) => texts.some((text) => new RegExp(`\\$\\{?${name}\\b`).test(text)))
  return used.length === names.length ? used : [...used, "after a $ in a value of the env file"]
})

const unsetNames = Effect.fnUntraced(function* ({ composeFiles, contents, source, unset }: ComposeProject) {
  const without = contents.filter((name) => source.variables[name] === undefined)
  return [...without, ...(yield* namesUsedBy({ composeFiles }, unset))]
})
