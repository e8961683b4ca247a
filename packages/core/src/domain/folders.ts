/** The data folders of an app by their paths, which are their names among its volumes. Pure. */
import type { App, DataAnswer } from "./App.ts"

/** Names of an engine's volumes never begin like that. */
export const isPath = (name: string): boolean => name.startsWith("/")

/** In the order in which they were first seen. */
export const union = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set([...one, ...other])
]

export const isSameSet = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((path) => other.includes(path))

const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`)

/** The operator has said that it is not the app's: neither snapshotted nor put back, and its loss is not the app's. */
export const isExternal = (app: Pick<App, "data">, path: string): boolean => answerFor(app, path) === "external"

/** The operator has said that it is the app's, whoever else mounts it. */
export const isAnsweredOwn = (app: Pick<App, "data">, path: string): boolean => answerFor(app, path) === "own"

/** The answer for a path, or for the nearest folder that it is in. */
const answerFor = ({ data }: Pick<App, "data">, path: string): DataAnswer | null => {
  const around = [...data].filter(([folder]) => isIn(path, folder))
  const [nearest] = around.toSorted(([one], [other]) => other.length - one.length)
  return nearest?.[1] ?? null
}

/** What the operator called external, as it was written. */
export const externalAnswers = ({ data }: Pick<App, "data">): ReadonlyArray<string> =>
  [...data].flatMap(([path, answer]) => (answer === "external" ? [path] : []))

/** Those that are the app's. */
export const ownFolders = (app: Pick<App, "data">, paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  paths.filter((path) => !isExternal(app, path))

/** To be said after "with its data": a restore does not speak for what is external (LAW-2). */
export const butExternal = (external: ReadonlyArray<string>): string =>
  external.length === 0 ? "" : `, without what is external (${external.join(", ")})`

/** For people: `volume shop_data`, `data folder /srv/shop/data`. */
export const volumeText = (name: string): string => (isPath(name) ? `data folder ${name}` : `volume ${name}`)
