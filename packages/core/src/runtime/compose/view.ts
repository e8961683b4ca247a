/**
 * A temporary folder of links for docker compose to read: the files of a release over those of the app's working folder.
 * Files of the version come from the release, all others (`.env`, env files, secrets) from the folder. Paths in the
 * output of compose are mapped back to the release and the folder.
 */
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt, kindBehind } from "../../disk/kindAt.ts"
import type { Release } from "../../domain/App.ts"
import { messageOf } from "../../domain/messageOf.ts"
import type { Docker } from "../docker/Docker.ts"
import { isInside } from "../docker/hostPaths.ts"

export interface View {
  readonly dir: string
  readonly release: string
  readonly folder: string
  /** Collected while paths are mapped back: files of the version that a writable folder of the app lacks. */
  readonly lacking: Array<string>
}

/** Folders that are not part of a project. */
const skipped: ReadonlySet<string> = new Set([".git", ".lastgood"])

/** @param envFile the release's own copy of the folder's `.env`. */
export const projectView = Effect.fn("Compose.view")(function* (
  docker: Docker,
  { envFile, folder, release }: { readonly envFile: string | null; readonly folder: string; readonly release: string }
) {
  const failed = (what: string) => (cause: unknown) =>
    docker.failed(
      `${what}: ${messageOf(cause)}`,
      `see that ${folder} is there and can be read, and that ${tmpdir()} has room`
    )
  const dir = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => fs.mkdtemp(join(tmpdir(), `lastgood-scratch-${process.pid}-project-`)),
      catch: failed("no temporary folder can be made")
    }),
    (made) => Effect.promise(() => fs.rm(made, { recursive: true, force: true }).catch(() => undefined))
  )
  yield* Effect.tryPromise({
    try: () => lay({ dir, folder, lacking: [], release }, "."),
    catch: failed("the app's folder cannot be used")
  })
  if (envFile !== null) {
    yield* Effect.tryPromise({ try: () => replaceLink(join(dir, ".env"), envFile), catch: failed("its env file") })
  }
  const view: View = { dir, folder, lacking: [], release }
  return view
})

const replaceLink = async (link: string, target: string): Promise<void> => {
  await fs.rm(link, { force: true, recursive: true })
  await fs.symlink(target, link)
}

/** Folders of the release become folders, everything else becomes a link. */
const lay = async (view: View, at: string): Promise<void> => {
  const { dir, folder, release } = view
  const ofRelease = await fs.readdir(join(release, at), { withFileTypes: true })
  const below = join(folder, at)
  // A link leads elsewhere: its content is not merged with that of the release.
  const isFolder =
    at === "." ||
    (await fs.lstat(below).then(
      (stat) => stat.isDirectory(),
      () => false
    ))
  const ofFolder = isFolder ? (await fs.readdir(below)).filter((name) => !skipped.has(name)) : []
  for (const entry of ofRelease) {
    if (skipped.has(entry.name)) continue
    const path = join(at, entry.name)
    if (!entry.isDirectory()) {
      await fs.symlink(join(release, path), join(dir, path))
      continue
    }
    await fs.mkdir(join(dir, path))
    await lay(view, path)
  }
  const taken = new Set(ofRelease.map(({ name }) => name))
  for (const name of ofFolder) if (!taken.has(name)) await fs.symlink(join(below, name), join(dir, at, name))
}

/** The number of entries after which the comparison of two folders stops. */
const mostCompared = 2000

/** Names that keep an empty folder in a repository. */
const isOfGit = (name: string): boolean => name.startsWith(".git")

/**
 * @param whenLarge the answer for a folder that is too large to compare.
 * @returns a file that one folder contains, at any depth, and the other does not; null: there is none.
 */
const firstMissing = async (one: string, other: string, whenLarge: string | null): Promise<string | null> => {
  let compared = 0
  const search = async (at: string): Promise<string | null> => {
    const entries = await fs.readdir(join(one, at), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.filter(({ name }) => !isOfGit(name))) {
      const path = join(at, entry.name)
      compared += 1
      if (compared > mostCompared) return whenLarge
      if ((await fs.lstat(join(other, path)).catch(() => null)) === null) return path
      const deeper = entry.isDirectory() ? await search(path) : null
      if (deeper !== null) return deeper
    }
    return null
  }
  return await search(".")
}

/** The real path of a path in the view: in the release if the version contains it, else in the app's folder. */
export const broughtBy = Effect.fnUntraced(function* (view: View, path: string) {
  const inside = relative(view.dir, path)
  const brought = inside !== "" && (yield* kindAt(join(view.release, inside))) !== null
  return join(brought ? view.release : view.folder, inside)
})

/**
 * The real path of a bind mount. A file of the version comes from the release. A folder to which the app can write is
 * always that of the app, even if the version contains some of its files. A read-only folder comes from the release if
 * the app's folder contains nothing else there.
 */
const mountedFrom = Effect.fnUntraced(function* (view: View, path: string, readOnly: boolean) {
  const inside = relative(view.dir, path)
  const own = join(view.folder, inside)
  const brought = inside === "" ? null : yield* kindBehind(join(view.release, inside))
  if (brought === null) return own
  const its = join(view.release, inside)
  if (brought !== "folder") return its
  if (readOnly && (yield* Effect.promise(() => firstMissing(own, its, own))) === null) return its
  const lacking = yield* Effect.promise(() => firstMissing(its, own, null))
  if (lacking !== null) view.lacking.push(join(own, lacking))
  return own
})

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isIn = (view: View, value: Json | undefined): value is string =>
  typeof value === "string" && isInside(view.dir, value)

/** The output of compose with every path mapped back. */
export const ledBack = (view: View, value: Json): Effect.Effect<Json> =>
  Effect.gen(function* () {
    if (isIn(view, value)) return yield* broughtBy(view, value)
    if (Array.isArray(value)) return yield* Effect.forEach(value, (one) => ledBack(view, one))
    if (!isObject(value)) return value
    const { read_only, source, type } = value
    const isMount = type === "bind" && isIn(view, source)
    const entries = yield* Effect.forEach(Object.entries(value), ([key, one]) =>
      Effect.map(
        key === "source" && isMount && isIn(view, one)
          ? mountedFrom(view, one, read_only === true)
          : ledBack(view, one),
        (led) => [key, led] as const
      )
    )
    // As a set key, `__proto__` would be something else.
    const led: Json = Object.fromEntries(entries)
    return led
  })

/** The model to deploy: without builds, and without profiles, which compose has applied already. */
export const deployable = (model: unknown): unknown => {
  const services = propertyOf(model, "services")
  if (typeof model !== "object" || model === null || typeof services !== "object" || services === null) return model
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const { build: _, develop: __, profiles: ___, ...rest } = service as Record<string, unknown>
        return [name, rest]
      })
    )
  }
}

/** Adds labels to the containers of every service, and pins images by digest. A `$` in a label would start a variable. */
export const labelled = (
  model: unknown,
  labels: Readonly<Record<string, string>>,
  images: NonNullable<Release["images"]> = {}
): unknown => {
  const services = propertyOf(model, "services")
  if (typeof model !== "object" || model === null || typeof services !== "object" || services === null) return model
  const escaped = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, value.replaceAll("$", "$$$$")]))
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const own = propertyOf(service, "labels")
        const pinned = images[name] === undefined ? {} : { image: images[name].image }
        return [name, { ...service, ...pinned, labels: { ...(typeof own === "object" ? own : {}), ...escaped } }]
      })
    )
  }
}

const propertyOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
