/** Removes releases that are no longer referenced: each new version leaves one behind, with its env file. */
import { readdir, rename, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import { syncedFolder } from "../disk/replaceFile.ts"
import type { App } from "../domain/App.ts"
import { messageOf } from "../domain/messageOf.ts"
import type { Ref } from "../domain/Ref.ts"
import { imagesName, pathsOf } from "./releaseLayout.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

const namesIn = (folder: string): Promise<ReadonlyArray<string>> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [] : Promise.reject(error)))

/** Hidden by one rename first: half a release must never look like one. */
const removeRelease = async (root: string, name: string): Promise<void> => {
  const trash = join(root, `.staging-trash-${name}`)
  await rm(trash, { recursive: true, force: true })
  await rename(join(root, name), trash)
  await rm(trash, { recursive: true, force: true })
}

/** Removes every release except the given ones. Of a commit that stays, removes the env files of other versions. */
export const prune = Effect.fn("Releases.prune")(function* (app: App, keep: ReadonlyArray<Ref>) {
  const root = join(app.dir, "releases")
  const wanted = new Map<string, Set<string>>()
  for (const ref of keep) {
    // A snapshot from before the first install has no commit. Its folder would be the folder of all releases.
    if (ref.commit === "") continue
    const { env, operatorFiles } = pathsOf(app, ref)
    const files = wanted.get(ref.commit) ?? new Set(["recipe", imagesName])
    wanted.set(ref.commit, files.add(basename(env)).add(basename(operatorFiles)))
  }
  const removed = yield* Effect.tryPromise({
    try: async () => {
      const commits = (await namesIn(root)).filter((name) => !name.startsWith("."))
      const gone = commits.filter((name) => !wanted.has(name))
      for (const name of gone) await removeRelease(root, name)
      for (const [commit, files] of wanted) {
        const stray = (await namesIn(join(root, commit))).filter((name) => !files.has(name))
        for (const name of stray) await rm(join(root, commit, name), { recursive: true, force: true })
      }
      return gone
    },
    catch: (cause) =>
      new RecipeUnavailable({
        recipe: app.recipe,
        reason: `old releases cannot be removed: ${messageOf(cause)}`,
        next: `check ${root}`
      })
  })
  if (removed.length > 0) yield* Effect.ignore(syncedFolder(root))
  return removed
})
