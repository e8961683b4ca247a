/** The data folders of an app by their paths, which are their names among its volumes. Pure. */
import type { App, DataAnswer, Volume } from "./App.ts"

/** Whether the name of a volume is the path of a data folder. No engine allows such names for its volumes. */
export const isPath = (name: string): boolean => name.startsWith("/")

/** A data folder as a volume. */
export const folderAt = (path: string): Volume => ({
  kind: "folder",
  name: path,
  key: path,
  path,
  driver: "local",
  options: {},
  labels: {},
  created: null
})

/** In the order of first appearance. */
export const union = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set([...one, ...other])
]

export const isSameSet = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((path) => other.includes(path))

/** By the text alone. */
export const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`)

/** Whether the operator called a path or a volume external. lastgood then neither snapshots, restores nor misses it. */
export const isExternal = (app: Pick<App, "data">, name: string): boolean => answerFor(app, name) === "external"

/** Whether the operator called a path or a volume the app's own, although it may not look so. */
export const isAnsweredOwn = (app: Pick<App, "data">, name: string): boolean => answerFor(app, name) === "own"

/** The answer for a volume, for a path, or for the nearest folder that it is in. */
export const answerFor = ({ data }: Pick<App, "data">, path: string): DataAnswer | null => {
  if (!isPath(path)) return data.get(namedVolume(path)) ?? null
  const around = [...data].filter(([folder]) => isIn(path, folder))
  const [nearest] = around.toSorted(([one], [other]) => other.length - one.length)
  return nearest?.[1] ?? null
}

/** How the configuration names a volume without a name: `redis:/data`. */
export const unnamedVolume = (service: string, path: string): string => `${service}:${path}`

/** How the configuration names a volume that the engine knows by a name: `volume:portainer_data`. */
export const namedVolume = (name: string): string => `volume:${name}`

/** Whether an answer is about a volume. A path with a colon in its first part has to be written as `./…`. */
export const isOfVolume = (written: string): boolean =>
  /^(?:volume:[A-Za-z0-9][A-Za-z0-9._-]*$|[A-Za-z0-9][A-Za-z0-9._-]*:\/)/.test(written)

/** The paths that the operator called external, as written in the configuration. */
export const externalAnswers = ({ data }: Pick<App, "data">): ReadonlyArray<string> =>
  [...data].flatMap(([path, answer]) => (answer === "external" ? [path] : []))

/** The volumes among them. */
export const externalVolumeAnswers = (app: Pick<App, "data">): ReadonlyArray<string> =>
  externalAnswers(app).filter(isOfVolume)

/** The paths without those that the operator called external. */
export const ownFolders = (app: Pick<App, "data">, paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  paths.filter((path) => !isExternal(app, path))

/**
 * Whether a volume or a data folder is one of those that were external, or holds or is inside of one. A snapshot of that
 * time says nothing about it, not even that it was empty.
 */
export const isAmong = (external: ReadonlyArray<string>, name: string): boolean =>
  isPath(name)
    ? external.some((path) => isPath(path) && (isIn(name, path) || isIn(path, name)))
    : external.includes(namedVolume(name))

/** Follows "with its data" in a message, because a restore does not cover external folders (LAW-2). */
export const butExternal = (external: ReadonlyArray<string>): string =>
  external.length === 0 ? "" : `, without what is external (${external.join(", ")})`

/** For people: `volume shop_data`, `data folder /srv/shop/data`. */
export const volumeText = (name: string): string => (isPath(name) ? `data folder ${name}` : `volume ${name}`)
