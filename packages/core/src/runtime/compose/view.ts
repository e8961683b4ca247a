/**
 * The files of a release over those of the app's working folder, as one folder of links: what docker compose reads. What
 * the version brings comes from the release (tracked in its tag), all else from the folder: `.env`, env files, secrets.
 * Nothing of it is left when the scope closes: paths in what compose makes of it are led back to where they came from.
 */
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt, kindBehind } from "../../disk/kindAt.ts"
import { messageOf } from "../../domain/messageOf.ts"
import type { Docker } from "../docker/Docker.ts"
import { isInside } from "../docker/hostPaths.ts"

export interface View {
  readonly dir: string
  readonly release: string
  readonly folder: string
}

/** Never looked into: neither is the app's. */
const skipped: ReadonlySet<string> = new Set([".git", ".lastgood"])

/** @param envFile the env file that belongs to the release: it is its `.env`. */
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
      try: () => fs.mkdtemp(join(tmpdir(), `lastgood-project-${process.pid}-`)),
      catch: failed("no temporary folder can be made")
    }),
    (made) => Effect.promise(() => fs.rm(made, { recursive: true, force: true }).catch(() => undefined))
  )
  yield* Effect.tryPromise({
    try: () => lay({ dir, folder, release }, "."),
    catch: failed("the app's folder cannot be used")
  })
  if (envFile !== null) {
    yield* Effect.tryPromise({ try: () => replaceLink(join(dir, ".env"), envFile), catch: failed("its env file") })
  }
  const view: View = { dir, folder, release }
  return view
})

const replaceLink = async (link: string, target: string): Promise<void> => {
  await fs.rm(link, { force: true, recursive: true })
  await fs.symlink(target, link)
}

/** Folders that the release has too are real ones; all else is a link. */
const lay = async ({ dir, folder, release }: View, at: string): Promise<void> => {
  const ofRelease = await fs.readdir(join(release, at), { withFileTypes: true })
  const below = join(folder, at)
  // A link in the folder's place leads elsewhere: what is behind it is not laid over what the release has.
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
    await lay({ dir, folder, release }, path)
  }
  const taken = new Set(ofRelease.map(({ name }) => name))
  for (const name of ofFolder) if (!taken.has(name)) await fs.symlink(join(below, name), join(dir, at, name))
}

/** How many entries of a folder are compared before it counts as one that holds more than the release brings. */
const mostCompared = 2000

/** Does the app's folder hold there what the release does not? */
const holdsMore = ({ folder, release }: View, path: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    let compared = 0
    const more = async (at: string): Promise<boolean> => {
      const entries = await fs.readdir(join(folder, at), { withFileTypes: true }).catch(() => [])
      for (const entry of entries) {
        compared += 1
        if (compared > mostCompared) return true
        const inRelease = await fs.lstat(join(release, at, entry.name)).catch(() => null)
        if (inRelease === null) return true
        if (entry.isDirectory() && (await more(join(at, entry.name)))) return true
      }
      return false
    }
    return await more(path)
  })

/** Where a path of the view is: in the release if the version brings it, else in the app's folder. */
export const broughtBy = Effect.fnUntraced(function* (view: View, path: string) {
  const inside = relative(view.dir, path)
  const brought = inside !== "" && (yield* kindAt(join(view.release, inside))) !== null
  return join(brought ? view.release : view.folder, inside)
})

/**
 * Of what is mounted: a file that the version brings is the release's. A folder that the app may write to is its own, never
 * a release's, also where the version brings some files of it; one to read is the release's while there is nothing else in it.
 */
const mountedFrom = Effect.fnUntraced(function* (view: View, path: string, readOnly: boolean) {
  const inside = relative(view.dir, path)
  const own = join(view.folder, inside)
  const brought = inside === "" ? null : yield* kindBehind(join(view.release, inside))
  if (brought === null) return own
  if (brought !== "folder") return join(view.release, inside)
  return readOnly && !(yield* holdsMore(view, inside)) ? join(view.release, inside) : own
})

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isIn = (view: View, value: Json | undefined): value is string =>
  typeof value === "string" && isInside(view.dir, value)

/** What compose made of the view, with every path in it led back. */
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

/** The model as it is deployed: nothing is built, and what its profiles asked for is in it already. */
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

/** The model with labels on the containers of every service. A `$` in them would be taken for a variable. */
export const labelled = (model: unknown, labels: Readonly<Record<string, string>>): unknown => {
  const services = propertyOf(model, "services")
  if (typeof model !== "object" || model === null || typeof services !== "object" || services === null) return model
  const escaped = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, value.replaceAll("$", "$$$$")]))
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const own = propertyOf(service, "labels")
        return [name, { ...service, labels: { ...(typeof own === "object" ? own : {}), ...escaped } }]
      })
    )
  }
}

const propertyOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
