/**
 * Finds a plugin's code. A path is relative to the configuration's folder. A package is searched for in the `node_modules`
 * of that folder and of those above it, then where lastgood itself is installed. (Node resolves a package from another
 * folder only for `require`, which does not find packages that contain only ES modules.)
 */
import { basename, dirname, isAbsolute, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { ownPackage } from "../installation.ts"

export const isPath = (entry: string): boolean =>
  isAbsolute(entry) || entry.startsWith("./") || entry.startsWith("../") || /\.[cm]?[jt]s$/.test(entry)

/** The recipe in the name of a plugin's file or package, for a plugin that cannot say it. */
export const recipeNamedBy = (entry: string): string =>
  basename(entry)
    .replace(/\.[cm]?[jt]s$/, "")
    .replace(/^lastgood-plugin-/, "")

const isPackageName = (entry: string): boolean => /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(entry)

/** A folder and all folders above it. */
export const upwards = (folder: string): ReadonlyArray<string> =>
  dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))]

/** The file that an `exports` (or its part for `.`) names for an import. */
const exported = (exports: unknown): string | null => {
  if (typeof exports === "string") return exports
  if (Array.isArray(exports)) return exports.map(exported).find((found) => found !== null) ?? null
  if (typeof exports !== "object" || exports === null) return null
  for (const [condition, target] of Object.entries(exports)) {
    if (![".", "import", "node", "module-sync", "default"].includes(condition)) continue
    const found = exported(target)
    if (found !== null) return found
  }
  return null
}

const entryOf = (manifest: unknown): string => {
  if (typeof manifest !== "object" || manifest === null) return "index.js"
  if ("exports" in manifest) return exported(manifest.exports) ?? "index.js"
  return "main" in manifest && typeof manifest.main === "string" ? manifest.main : "index.js"
}

/** @returns the absolute path of the plugin's file. Fails with the reason as text. */
export const resolvePlugin = Effect.fnUntraced(function* (folder: string, entry: string) {
  const fs = yield* FileSystem.FileSystem
  const isFile = (path: string) =>
    fs.stat(path).pipe(
      Effect.map(({ type }) => type === "File"),
      Effect.orElseSucceed(() => false)
    )
  if (isPath(entry)) {
    const file = resolve(folder, entry)
    return (yield* isFile(file)) ? file : yield* Effect.fail(`there is no file ${file}`)
  }
  if (!isPackageName(entry))
    return yield* Effect.fail("it is neither a path (`./plugins/x.ts`) nor the name of a package")
  for (const place of [...upwards(folder), ...(ownPackage === null ? [] : upwards(ownPackage))]) {
    const home = join(place, "node_modules", entry)
    const manifest = join(home, "package.json")
    if (!(yield* isFile(manifest))) continue
    const text = yield* fs.readFileString(manifest).pipe(Effect.mapError(() => `${manifest} cannot be read`))
    const value = yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => `${manifest} is not JSON` })
    const file = resolve(home, entryOf(value))
    return (yield* isFile(file)) ? file : yield* Effect.fail(`the package ${home} has no file ${file}`)
  }
  return yield* Effect.fail(`no package ${entry} is installed in ${folder} or above it`)
})
