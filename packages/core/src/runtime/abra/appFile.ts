/**
 * abra's file of an app, `servers/<server>/<domain>.env`: its server, and the line with recipe and version
 * (`TYPE=keycloak:10.7.1+26.6.2`, in older files `RECIPE=`). lastgood changes only the version in it.
 */
import { chown, realpath, stat } from "node:fs/promises"
import { basename, dirname } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import { replaceFile } from "../../disk/replaceFile.ts"
import { asError } from "../../domain/messageOf.ts"

/** The server whose folder contains the file; `default` (this host) for a file elsewhere. */
export const serverOf = (envFile: string | null): string => {
  const folder = dirname(envFile ?? "")
  return basename(dirname(folder)) === "servers" ? basename(folder) : "default"
}

const line = /^([ \t]*(?:export[ \t]+)?(?:TYPE|RECIPE)[ \t]*=[ \t]*)(["']?)([^"'\s#:]+)(:[^"'\s#]*)?\2/m

/** The version that abra deployed last; null: the file has none. */
export const versionIn = (text: string): string | null => line.exec(text)?.[4]?.slice(1) || null

/** The name of the recipe; null: it is not a file of abra. */
export const recipeIn = (text: string): string | null => line.exec(text)?.[3] ?? null

/** The text with another version in its line. A text without such a line stays the same. */
export const withVersion = (text: string, version: string): string =>
  text.replace(
    line,
    (_, before: string, quote: string, recipe: string) => `${before}${quote}${recipe}:${version}${quote}`
  )

export const readVersion = (envFile: string | null): Effect.Effect<string | null> =>
  envFile === null
    ? Effect.succeed(null)
    : readSmallText(envFile).pipe(
        Effect.map(versionIn),
        Effect.catch(() => Effect.succeed(null))
      )

/**
 * Records the running version in the operator's own file, as abra does, so that the next manual `abra app deploy` does
 * not bring another one. Follows links, and keeps the owner and the mode of the file.
 */
export const writeVersion = Effect.fn("Abra.writeVersion")(function* (envFile: string, version: string) {
  const attempt = <A>(act: () => Promise<A>) => Effect.tryPromise({ try: act, catch: asError })
  const text = yield* readSmallText(envFile)
  const changed = withVersion(text, version)
  if (changed === text) return
  const file = yield* attempt(() => realpath(envFile))
  const { gid, mode, uid } = yield* attempt(() => stat(file))
  yield* replaceFile(file, changed, mode & 0o7777)
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) yield* attempt(() => chown(file, uid, gid))
})
