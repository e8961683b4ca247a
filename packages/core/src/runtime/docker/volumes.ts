/** Named volumes of the engine. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Volume } from "../../domain/App.ts"
import { isoSecond } from "../inspection.ts"
import type { Docker } from "./Docker.ts"

const Strings = Schema.Record(Schema.String, Schema.String)

/** A volume as `docker volume inspect` shows it. */
export const EngineVolume = Schema.Struct({
  Name: Schema.String,
  Driver: Schema.String,
  Mountpoint: Schema.String,
  Options: Schema.NullOr(Strings),
  Labels: Schema.NullOr(Strings),
  CreatedAt: Schema.optionalKey(Schema.String)
})
export type EngineVolume = typeof EngineVolume.Type

/** Every volume that the engine knows. */
export const allVolumes = Effect.fn("Docker.volumes")(function* (docker: Docker) {
  return yield* docker.all("volume", EngineVolume)
})

/** Docker names an anonymous volume with 64 hexadecimal digits, and removes it with its container. */
export const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

/** The folder behind a `local` volume with `o: bind`. While the volume is not in use, its own mount point is empty. */
export const boundFolder = ({ Driver, Options }: EngineVolume): string | null => {
  const device = Options?.["device"]
  const mountOptions = (Options?.["o"] ?? "").split(",")
  const isBind = mountOptions.includes("bind") || mountOptions.includes("rbind")
  return Driver === "local" && device?.startsWith("/") && isBind ? device : null
}

/** Everything that identifies a volume in mounts. */
export interface Footprint {
  readonly name: string
  /** Folders of every volume whose data is, or is below, the volume's folder: several volumes may have one folder. */
  readonly names: ReadonlySet<string>
  readonly folders: ReadonlyArray<string>
}

export const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const foldersOf = (volume: EngineVolume): ReadonlyArray<string> =>
  [boundFolder(volume), volume.Mountpoint].flatMap((path) => (path?.startsWith("/") ? [path] : []))

export const footprintOf = (
  { kind, name, path }: Pick<Volume, "kind" | "name" | "path">,
  volumes: ReadonlyArray<EngineVolume>
): Footprint => {
  const folders = kind === "volume" ? volumes.filter(({ Name }) => Name === name).flatMap(foldersOf) : [path]
  const same = volumes.filter((volume) =>
    foldersOf(volume).some((path) => folders.some((folder) => isIn(path, folder)))
  )
  return { name, names: new Set([name, ...same.map(({ Name }) => Name)]), folders }
}

/** Whether the data is in a folder of this host, also while the volume is not mounted. */
export const isOnThisDisk = (volume: EngineVolume): boolean =>
  volume.Driver === "local" && (volume.Options?.["device"] === undefined || boundFolder(volume) !== null)

/** The port's description of a volume. `key` is its name without `prefix`. */
export const toVolume = (volume: EngineVolume, prefix: string): Volume => ({
  kind: "volume",
  name: volume.Name,
  key: volume.Name.startsWith(prefix) ? volume.Name.slice(prefix.length) : volume.Name,
  path: boundFolder(volume) ?? volume.Mountpoint,
  driver: volume.Driver,
  options: volume.Options ?? {},
  labels: volume.Labels ?? {},
  // For a `local` volume the engine reports the last change of its folder, which any new file in it changes.
  created: volume.Driver === "local" ? null : isoSecond(volume.CreatedAt)
})

/** Labels that name the owner of an engine's object: the stack of a swarm, or the project of docker compose. */
export const namespaceLabels = ["com.docker.stack.namespace", "com.docker.compose.project"] as const

/** The owner of an object, from its labels. `first`: the label that takes precedence. */
export const ownerOf = (
  labels: Readonly<Record<string, string>> | null | undefined,
  first: (typeof namespaceLabels)[number]
): string | undefined =>
  labels?.[first] ?? namespaceLabels.map((label) => labels?.[label]).find((one) => one !== undefined)

/**
 * Whether a volume is the app's. The label decides. A volume without one (created manually, or by a restore from
 * elsewhere) belongs to the app with the longest name that is a prefix of its own: `keycloak_ci_db` is not
 * `keycloak`'s.
 *
 * @param known every name that has objects on this engine.
 */
export const belongsTo = (
  stack: string,
  volume: EngineVolume,
  label: (typeof namespaceLabels)[number],
  known: ReadonlySet<string>
): boolean => {
  const owner = ownerOf(volume.Labels, label)
  if (owner !== undefined) return owner === stack
  const isNamedAfter = (name: string) => volume.Name.startsWith(`${name}_`)
  return isNamedAfter(stack) && ![...known].some((other) => other.length > stack.length && isNamedAfter(other))
}

/** Deletes a volume. The engine refuses one that a container uses. */
export const removeVolume = Effect.fn("Docker.removeVolume")(function* (
  docker: Docker,
  { kind, name }: Pick<Volume, "kind" | "name">
) {
  if (kind !== "volume") return yield* docker.failed(`${name} is not a volume`, "delete it yourself")
  yield* docker.run(["volume", "rm", "--force", "--", name])
})

/**
 * Creates a volume with its original properties. An existing one is returned. Fails if it disappears at once, because
 * something removes it.
 */
export const createVolume = Effect.fn("Docker.createVolume")(function* (
  docker: Docker,
  { name, driver, options, labels }: Omit<Volume, "path" | "created">
) {
  const pairs = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`])
  const args = ["--driver", driver, ...pairs("--opt", options), ...pairs("--label", labels), "--", name]
  yield* docker.run(["volume", "create", ...args])
  const [made] = yield* docker.inspect("volume", [name], EngineVolume)
  if (made !== undefined) return made
  return yield* docker.failed(
    `the volume ${name} was created and then removed`,
    `find out what removes it: docker events --filter volume=${name}`
  )
})
