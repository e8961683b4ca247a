/**
 * Others that could write to an app's volumes (LAW-1, LAW-14): services of other stacks, containers that were started
 * manually, and processes of this host that no engine knows.
 */
import * as Effect from "effect/Effect"
import type { RuntimeKind, Volume } from "../../domain/App.ts"
import { type FolderUser, folderUsers } from "../../host/FolderUsers.ts"
import { readHost } from "../readHost.ts"
import { type Container, holds, nameOf } from "./containers.ts"
import { type EngineVolume, type Footprint, footprintOf } from "./volumes.ts"

export interface Other {
  readonly kind: "service" | "container" | "process"
  /** For people: `container backup`, `service shop_web`, `pid 12 (vim) has /path open`. */
  readonly who: string
  /** The state of a container; null: it is not a container. */
  readonly state: string | null
  readonly volume: string
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
  /** Services of a swarm that are not the app's, with the volumes that their tasks mount. */
  readonly otherServices: ReadonlyArray<{ readonly name: string; readonly volumes: ReadonlyArray<string> }>
}

/** For an error at one point in time. A hazard names `who` alone: each change of the state would be a new alert. */
export const withState = ({ who, state }: Other): string => (state === null ? who : `${who} (${state})`)

export const othersOn = Effect.fn("Docker.othersOn")(function* (seen: EngineView) {
  const found = yield* Effect.forEach(seen.volumes, ({ name }) => onVolume(seen, footprintOf(name, seen.known)))
  return found.flat()
})

const onVolume = Effect.fnUntraced(function* (
  { kind, isOwn, otherServices, containers }: EngineView,
  volume: Footprint
) {
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
  const holding = others.filter((container) => holds(container, volume) || processes.some(isMountOf(container)))
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
      .filter(({ volumes }) => volumes.some((name) => volume.names.has(name)))
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
