/**
 * The files that a project's compose files name, and the variables that they require, read without docker compose: it
 * stops at the first that is missing.
 */
import { stat } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindBehind, kindOf } from "../../disk/kindAt.ts"
import { operatorFileBytes } from "../../disk/operatorFiles.ts"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { Release } from "../../domain/App.ts"
import { realSource } from "../../host/hostSource.ts"
import { valuesIn } from "../../yaml/Source.ts"
import { isInside, type NamedPath, pathsNamedIn } from "../docker/hostPaths.ts"
import { interpolateAll } from "../docker/interpolate.ts"
import { propertyOf } from "./deployedModel.ts"
import { withKeptEnvFiles } from "./keptFiles.ts"
import type { ProjectSource } from "./source.ts"

export interface ProjectFiles {
  /** The operator's: in the app's folder and not in the version. Relative to the folder. */
  readonly own: ReadonlyArray<string>
  /** Of them, what docker compose itself reads from the folder: who can write there decides what runs. */
  readonly read: ReadonlyArray<string>
  /** The operator's env files, secrets and configs outside of the app's folder. Absolute. */
  readonly outside: ReadonlyArray<string>
  /** Compose files that name such files, by their paths in the project: with the copies that the release has of them. */
  readonly kept: ReadonlyMap<string, string>
  /** Env files, secrets and configs, wherever they are. Relative to the folder. */
  readonly settings: ReadonlyArray<string>
  /** Relative to the folder, with the place that names it: `services.web.env_file`. */
  readonly missing: ReadonlyArray<{ readonly path: string; readonly at: string; readonly use: NamedPath["use"] }>
  /** Files that docker compose would wait for, or read for minutes: pipes, devices, files of gigabytes. */
  readonly unusable: ReadonlyArray<{ readonly path: string; readonly at: string; readonly why: string }>
  /** Variables that must have a value and have none. */
  readonly unset: ReadonlyArray<string>
  /** The compose files, with those that they include or extend. Absolute. */
  readonly composeFiles: ReadonlyArray<string>
  /** All these, and the files that they name, as far as they are in the project. Relative. */
  readonly paths: ReadonlyArray<string>
  /** The name that they give to the project; null: none, or one with a variable. */
  readonly name: string | null
  /** By service, where it has any: without one of these it does not run. */
  readonly profiles: ReadonlyMap<string, ReadonlyArray<string>>
  /** Variables in what services mount. */
  readonly pathVariables: ReadonlySet<string>
}

/** More includes than any project has. Links can make one file many. */
const mostFiles = 200

/** null: docker compose can read it, or says itself why it cannot. */
const whyUnusable = (path: string): Effect.Effect<string | null> =>
  Effect.promise(() => stat(path).catch(() => null)).pipe(
    Effect.map((found) => {
      if (found === null || found.isDirectory()) return null
      if (!found.isFile()) return `is a ${kindOf(found)}`
      return found.size > operatorFileBytes ? `is larger than ${operatorFileBytes >> 20} MiB` : null
    })
  )

/** An unreadable file is ignored here; docker compose refuses it. */
const textIn = (file: string): Effect.Effect<string> => Effect.orElseSucceed(readSmallText(file), () => "")

const servicesIn = (document: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Object.entries(propertyOf(document, "services") ?? {})

const textsIn = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : []

const nameIn = (document: unknown): string | null => {
  const name = propertyOf(document, "name")
  return typeof name === "string" && !name.includes("$") ? name : null
}

/**
 * @param folder to which the paths of the files are relative: the app's, or that of the release.
 */
export const projectFiles = Effect.fn("Compose.projectFiles")(function* (
  { dir: release, operatorFiles }: Pick<Release, "dir" | "operatorFiles">,
  folder: string,
  { files, variables }: Pick<ProjectSource, "files" | "variables">
) {
  const layers = [release, ...(operatorFiles === undefined ? [] : [operatorFiles]), folder]
  /** Where a file is, by its path in the project. */
  const find = Effect.fnUntraced(function* (path: string) {
    for (const layer of layers) if ((yield* kindBehind(join(layer, path))) !== null) return layer
    return null
  })
  const roots = yield* Effect.forEach(layers, realSource)
  const inProject = (file: string) => {
    const root = [...layers, ...roots].find((one) => isInside(one, file))
    return root === undefined ? null : relative(root, file)
  }
  const own = new Set<string>()
  const read = new Set<string>()
  const outside = new Set<string>()
  const kept = new Map<string, string>()
  const settings = new Set<string>()
  const missing = new Map<string, ProjectFiles["missing"][number]>()
  const unset = new Set<string>()
  const unusable = new Map<string, ProjectFiles["unusable"][number]>()
  const composeFiles: Array<string> = []
  const profiles = new Map<string, ReadonlyArray<string>>()
  const pathVariables = new Set<string>()
  let name: string | null = null
  const seen = new Set<string>()
  const queue = files.flatMap((file) => {
    const path = inProject(file)
    return path === null ? [] : [{ path, base: "." }]
  })
  const isOwn = (layer: string) => layer !== release && folder !== release
  for (const { path } of queue) {
    const layer = yield* find(path)
    if (layer !== null && isOwn(layer)) own.add(path)
  }
  for (let next = queue.shift(); next !== undefined && seen.size < mostFiles; next = queue.shift()) {
    const layer = yield* find(next.path)
    if (layer === null || seen.has(next.path)) continue
    seen.add(next.path)
    composeFiles.push(join(layer, next.path))
    const text = yield* textIn(join(layer, next.path))
    const written = valuesIn(text)
    if (seen.size <= files.length) name = nameIn(written) ?? name
    for (const [service, value] of servicesIn(written)) {
      const own = textsIn(propertyOf(value, "profiles"))
      if (own.length > 0) profiles.set(service, own)
      const mounts = JSON.stringify(propertyOf(value, "volumes") ?? [])
      for (const [, variable = ""] of mounts.matchAll(/\$\{?(\w+)/g)) pathVariables.add(variable)
    }
    if (operatorFiles !== undefined) {
      const places = { copy: operatorFiles, folder }
      const withKept = yield* withKeptEnvFiles(places, { text, base: join(folder, next.base), variables })
      if (withKept !== null) kept.set(next.path, withKept)
    }
    const document = interpolateAll(written, variables)
    for (const variable of document.unset) unset.add(variable)
    for (const { at, file, isOptional, use } of pathsNamedIn(document.value, join(folder, next.base))) {
      if (use === "build" || file === null) continue
      const path = relative(folder, file)
      const where = isInside(folder, file) ? yield* find(path) : null
      const why = use === "content" ? null : yield* whyUnusable(where === null ? file : join(where, path))
      if (why !== null) unusable.set(file, { path: file, at, why })
      if (!isInside(folder, file)) {
        if (use !== "compose" && (yield* kindBehind(file)) === "file") outside.add(file)
        continue
      }
      if (where === null) {
        if (!isOptional && !missing.has(path)) missing.set(path, { path, at, use })
        continue
      }
      if (use !== "compose") settings.add(path)
      if (isOwn(where) && (yield* kindBehind(join(where, path))) === "file") {
        own.add(path)
        if (where === folder && use !== "content") read.add(join(folder, path))
      }
      if (use === "compose") queue.push({ path, base: dirname(path) })
    }
  }
  const found: ProjectFiles = {
    own: [...own].toSorted(),
    read: [...read],
    outside: [...outside].toSorted(),
    kept,
    settings: [...settings],
    missing: [...missing.values()],
    unusable: [...unusable.values()],
    unset: [...unset],
    composeFiles,
    paths: [...new Set([...seen, ...settings])],
    name,
    profiles,
    pathVariables
  }
  return found
})
