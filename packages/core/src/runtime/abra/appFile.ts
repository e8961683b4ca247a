/**
 * abra's file of an app, `servers/<server>/<domain>.env`: whose server it is, and the line that says which recipe at which
 * version (`TYPE=keycloak:10.7.1+26.6.2`, in older files `RECIPE=`). Every other byte of it is its owner's.
 */
import { chown, realpath, stat } from "node:fs/promises"
import { basename, dirname } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import { replaceFile } from "../../disk/replaceFile.ts"
import { asError } from "../../domain/messageOf.ts"

/** The server whose folder the file lies in; `default` (this host) where it lies elsewhere. */
export const serverOf = (envFile: string | null): string => {
  const folder = dirname(envFile ?? "")
  return basename(dirname(folder)) === "servers" ? basename(folder) : "default"
}

const line = /^([ \t]*(?:export[ \t]+)?(?:TYPE|RECIPE)[ \t]*=[ \t]*)(["']?)([^"'\s#:]+)(:[^"'\s#]*)?\2/m

/** The version that abra deployed last; null: the file does not say. */
export const versionIn = (text: string): string | null => line.exec(text)?.[4]?.slice(1) || null

/** The text with another version in its line; without such a line it stays as it is. */
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
 * Notes the version that runs in the operator's own file, as abra does: the next `abra app deploy` by hand then does not
 * bring another one. Through links, with the owner and the mode that the file has.
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
