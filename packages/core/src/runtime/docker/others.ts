/**
 * Others that could write to an app's volumes (LAW-1, LAW-14): services of other stacks, containers that were started
 * manually, and processes of this host that no engine knows.
 */
import * as Effect from "effect/Effect"
import type { RuntimeKind, Volume } from "../../domain/App.ts"
import { type HostSource, isWithin } from "../../domain/DataFolder.ts"
import { type FolderUser, folderUsers } from "../../host/FolderUsers.ts"
import { sourceIn } from "../../host/hostSource.ts"
import { type Mount, mountsOf } from "../../host/Mounts.ts"
import { readHost } from "../readHost.ts"
import { type Container, holds, nameOf } from "./containers.ts"
import { boundBy } from "./hostMounts.ts"
import { type EngineVolume, type Footprint, footprintOf } from "./volumes.ts"

export interface Other {
  readonly kind: "service" | "container" | "process"
  /** For people: `container backup`, `service shop_web`, `pid 12 (vim) has /path open`. */
  readonly who: string
  /** The state of a container; null: it is not a container. */
  readonly state: string | null
  readonly volume: string
}

/** A service of a swarm that is not the app's, and what its tasks mount. */
export interface OtherService {
  readonly name: string
  readonly volumes: ReadonlyArray<string>
  readonly binds: ReadonlyArray<{ readonly source: string; readonly readOnly: boolean }>
}

/** The current objects of the engine. */
export interface EngineView {
  readonly kind: RuntimeKind
  /** Volumes of the app. */
  readonly volumes: ReadonlyArray<Volume>
  /** Every volume of the engine. */
  readonly known: ReadonlyArray<EngineVolume>
  /** Every container of the host. */
  readonly containers: ReadonlyArray<Container>
  readonly isOwn: (container: Container) => boolean
  /** Has the operator said that a data folder is the app's own? */
  readonly isAnswered?: (path: string) => boolean
  /** Services of a swarm that are not the app's, with the volumes that their tasks mount. */
  readonly otherServices: ReadonlyArray<OtherService>
}

/** For an error at one point in time. A hazard names `who` alone: each change of the state would be a new alert. */
export const withState = ({ who, state }: Other): string => (state === null ? who : `${who} (${state})`)

export const othersOn = Effect.fn("Docker.othersOn")(function* (seen: EngineView) {
  const mounts = yield* readHost(seen.kind, () => mountsOf("self"))
  const boundAt = boundBy(seen.known)
  // Links and mounts give a folder several names: containers are compared by where their mounts lead.
  const writable = yield* Effect.forEach(seen.containers, ({ Id, Mounts }) =>
    Effect.map(
      Effect.forEach(Mounts, (mount) => {
        const path = mount.RW ? boundAt(mount) : null
        return path === null ? none : Effect.map(sourceIn(path, mounts), (one) => [one])
      }),
      (sources) => [Id, sources.flat()] as const
    )
  )
  const services = yield* Effect.forEach(seen.otherServices, ({ binds, name }) =>
    Effect.map(
      Effect.forEach(
        binds.filter(({ readOnly }) => !readOnly),
        ({ source }) => sourceIn(source, mounts)
      ),
      (sources) => [name, sources] as const
    )
  )
  const hosts: HostMounts = { mounts, writable: new Map(writable), services: new Map(services) }
  const found = yield* Effect.forEach(seen.volumes, (volume) => onVolume(seen, hosts, volume))
  return found.flat()
})

const none = Effect.succeed<ReadonlyArray<HostSource>>([])

interface HostMounts {
  readonly mounts: ReadonlyArray<Mount>
  /** By container: what of the host it mounts and can write to. */
  readonly writable: ReadonlyMap<string, ReadonlyArray<HostSource>>
  /** The same of other services, by name. */
  readonly services: ReadonlyMap<string, ReadonlyArray<HostSource>>
}

/**
 * Whether a container could write to a data folder through a mount of it, of something in it, or of a folder around it.
 * Where the operator has said that the folder is the app's own, the last is known: then an open file tells.
 */
const couldWriteTo = (folder: HostSource, sources: ReadonlyArray<HostSource>, isAnswered: boolean): boolean =>
  sources.some((source) => isWithin(source, folder) || (!isAnswered && isWithin(folder, source)))

const onVolume = Effect.fnUntraced(function* (
  { kind, isAnswered = () => false, isOwn, known: engineVolumes, otherServices, containers }: EngineView,
  { mounts, services, writable }: HostMounts,
  { kind: ofKind, name, path }: Volume
) {
  const volume = footprintOf({ kind: ofKind, name, path }, engineVolumes)
  const folder = ofKind === "volume" ? null : yield* sourceIn(path, mounts)
  const isHolding = (container: Container): boolean =>
    holds(container, volume) ||
    (folder !== null && couldWriteTo(folder, writable.get(container.Id) ?? [], isAnswered(name)))
  const other = (of: Other["kind"], who: string, state: string | null = null): Other => ({
    kind: of,
    who,
    state,
    volume: volume.name
  })
  const others = containers.filter((container) => !isOwn(container))
  // Processes in the app's own containers are covered by the containers.
  const own = new Set(containers.filter(isOwn).map(({ Id }) => Id))
  const processes = yield* lastingUsers(kind, volume, ({ container }) => container === null || !own.has(container))
  const holding = others.filter((container) => isHolding(container) || processes.some(isMountOf(container)))
  const named = new Set(holding.map(({ Id }) => Id))
  const known = new Set(others.map(({ Id }) => Id))
  // A container may see the volume through a mount of a folder above it. That counts only when it has a file open
  // there.
  const news = processes.filter(
    ({ container, mountedAt }) =>
      container === null || !known.has(container) || (!named.has(container) && mountedAt.length === 0)
  )
  return [
    ...otherServices
      .filter(
        ({ name: service, volumes }) =>
          volumes.some((name) => volume.names.has(name)) ||
          (folder !== null && couldWriteTo(folder, services.get(service) ?? [], isAnswered(name)))
      )
      .map(({ name }) => other("service", `service ${name}`)),
    ...holding.map((container) => other("container", `container ${nameOf(container)}`, container.State.Status)),
    ...news.map(({ what }) => other("process", what))
  ]
})

/** The kernel knows a folder by every name, the engine only by the configured one. */
const isMountOf =
  ({ Id, Mounts }: Container) =>
  ({ container, mountedAt }: FolderUser): boolean =>
    container === Id && Mounts.some(({ Destination }) => mountedAt.includes(Destination))

/**
 * Only others that are there in two reads in a row count. A process that only passes by (`find`, a shell) is not a
 * reason to refuse or to fail.
 */
const lastingUsers = Effect.fnUntraced(function* (
  kind: RuntimeKind,
  { folders }: Footprint,
  counts: (user: FolderUser) => boolean
) {
  const found = readHost(kind, () => folderUsers(folders, "writers").filter(counts))
  if ((yield* found).length === 0) return []
  yield* Effect.sleep(passingMs)
  return yield* found
})

const passingMs = 1000
