/**
 * A temporary folder of links for docker compose to read: the files of a release over those of the app's working folder.
 * Files of the version come from the release, all others (`.env`, env files, secrets) from the folder, or from the copy
 * that the release was deployed with. Paths in the output of compose are mapped back to where the files are.
 */
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt, kindBehind } from "../../disk/kindAt.ts"
import { messageOf } from "../../domain/messageOf.ts"
import type { Docker } from "../docker/Docker.ts"
import { isInside } from "../docker/hostPaths.ts"

export interface View {
  readonly dir: string
  readonly release: string
  /** The copy of the operator's files; null: those of the folder count. */
  readonly copy: string | null
  readonly folder: string
  /** The files that lastgood wrote for the view itself; null: none. */
  readonly written: string | null
  /** The files that the compose files name, and these themselves, by their paths in the project. */
  readonly named: ReadonlySet<string>
  /** Whether the operator answered that a path of the folder is data of the app. */
  readonly isData: (path: string) => boolean
  /** Collected while paths are mapped back: files of the version that a writable folder of the app lacks. */
  readonly lacking: Array<string>
}

/** Folders that are not part of a project. */
const skipped: ReadonlySet<string> = new Set([".git", ".lastgood"])

interface ViewOf extends Pick<View, "copy" | "folder" | "isData" | "named" | "release"> {
  /** The release's own copy of the folder's `.env`. */
  readonly envFile: string | null
  /** Files for docker compose to read in place of those of the project, by their paths in it. */
  readonly written: ReadonlyMap<string, string>
}

export const projectView = Effect.fn("Compose.view")(function* (docker: Docker, of: ViewOf) {
  const { copy, envFile, folder, isData, named, release, written } = of
  const failed = (what: string) => (cause: unknown) =>
    docker.failed(
      `${what}: ${messageOf(cause)}`,
      `see that ${folder} is there and can be read, and that ${tmpdir()} has room`
    )
  const made = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => fs.mkdtemp(join(tmpdir(), `lastgood-scratch-${process.pid}-project-`)),
      catch: failed("no temporary folder can be made")
    }),
    (path) => Effect.promise(() => fs.rm(path, { recursive: true, force: true }).catch(() => undefined))
  )
  const view: View = {
    dir: join(made, "project"),
    release,
    copy,
    folder,
    named,
    isData,
    written: written.size === 0 ? null : join(made, "written"),
    lacking: []
  }
  yield* Effect.tryPromise({
    try: async () => {
      for (const [path, text] of written) {
        await fs.mkdir(join(made, "written", dirname(path)), { recursive: true })
        await fs.writeFile(join(made, "written", path), text)
      }
      await fs.mkdir(view.dir)
      await lay(view, ".")
    },
    catch: failed("the app's folder cannot be used")
  })
  if (envFile !== null) {
    yield* Effect.tryPromise({
      try: () => replaceLink(join(view.dir, ".env"), envFile),
      catch: failed("its env file")
    })
  }
  return view
})

const replaceLink = async (link: string, target: string): Promise<void> => {
  await fs.rm(link, { force: true, recursive: true })
  await fs.symlink(target, link)
}

/** From where the project's files come, the first that has one. */
const layersOf = ({ copy, folder, release, written }: View): ReadonlyArray<string> => [
  // A project that is examined where it is has one folder as both.
  ...new Set([written, release, copy, folder].filter((layer) => layer !== null))
]

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/** The number of entries of one folder that become links. Of a larger one, only those that the compose files name. */
const mostLinked = 2000

const isFolderAt = async (path: string): Promise<boolean> =>
  (await fs.lstat(path).catch(() => null))?.isDirectory() === true

/** The entries of a folder that lead to files which the compose files name. */
const namedIn = async ({ named }: View, folder: string, at: string): Promise<ReadonlyArray<Entry>> => {
  const below = [...named].map((path) => relative(at, path)).filter((path) => !path.startsWith(".."))
  const names = new Set(below.map((path) => path.split("/")[0] ?? ""))
  const found: Array<Entry> = []
  for (const name of names) {
    const stats = await fs.lstat(join(folder, name)).catch(() => null)
    if (stats !== null) found.push({ name, isFolder: stats.isDirectory() })
  }
  return found
}

const entriesIn = async (view: View, layer: string, at: string): Promise<ReadonlyArray<Entry>> => {
  const folder = join(layer, at)
  // A link leads elsewhere: its content is not merged with that of other layers.
  if (at !== "." && !(await isFolderAt(folder))) return []
  const found: Array<Entry> = []
  for await (const entry of await fs.opendir(folder)) {
    if (skipped.has(entry.name)) continue
    if (found.length === mostLinked) return await namedIn(view, folder, at)
    found.push({ name: entry.name, isFolder: entry.isDirectory() })
  }
  return found
}

/**
 * A folder that several layers have becomes a folder, in which the files of all are seen; everything else becomes a link.
 */
const lay = async (view: View, at: string): Promise<void> => {
  const taken = new Set<string>()
  const layers = layersOf(view)
  for (const [i, layer] of layers.entries()) {
    for (const { isFolder, name } of await entriesIn(view, layer, at)) {
      if (taken.has(name)) continue
      taken.add(name)
      const path = join(at, name)
      const below = isFolder ? await Promise.all(layers.slice(i + 1).map((one) => isFolderAt(join(one, path)))) : []
      if (!below.includes(true)) {
        await fs.symlink(join(layer, path), join(view.dir, path))
        continue
      }
      await fs.mkdir(join(view.dir, path))
      await lay(view, path)
    }
  }
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

/** The real path of a path in the view. */
export const broughtBy = Effect.fnUntraced(function* (view: View, path: string) {
  const inside = relative(view.dir, path)
  if (inside === "") return view.folder
  if ((yield* kindAt(join(view.release, inside))) !== null) return join(view.release, inside)
  // Only the files: a folder may hold others that are not copied.
  const isCopied = view.copy !== null && (yield* kindAt(join(view.copy, inside))) === "file"
  return join(isCopied && view.copy !== null ? view.copy : view.folder, inside)
})

/**
 * The real path of a bind mount. A file of the version comes from the release, unless the operator called it data. A
 * folder to which the app can write is always that of the app, even if the version contains some of its files. A
 * read-only folder comes from the release if the app's folder contains nothing else there.
 */
const mountedFrom = Effect.fnUntraced(function* (view: View, path: string, readOnly: boolean) {
  const inside = relative(view.dir, path)
  const own = join(view.folder, inside)
  const brought = inside === "" ? null : yield* kindBehind(join(view.release, inside))
  if (brought === null) return own
  const its = join(view.release, inside)
  if (brought !== "folder") {
    if (readOnly || !view.isData(own)) return its
    if ((yield* kindBehind(own)) === null) view.lacking.push(own)
    return own
  }
  if (readOnly && (yield* Effect.promise(() => firstMissing(own, its, own))) === null) return its
  const lacking = yield* Effect.promise(() => firstMissing(its, own, null))
  if (lacking !== null) view.lacking.push(join(own, lacking))
  return own
})

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
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
