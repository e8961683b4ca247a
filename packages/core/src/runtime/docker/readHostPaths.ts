/**
 * The files of the host that a release reads (`Runtime.hostPaths`), from its compose files and those that they include.
 */
import { realpath } from "node:fs/promises"
import { dirname, relative } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import { valuesIn } from "../../yaml/Source.ts"
import type { HostPath } from "../Runtime.ts"
import { isInside, type NamedPath, pathsNamedIn } from "./hostPaths.ts"

const real = (path: string): Effect.Effect<string> => Effect.promise(() => realpath(path).catch(() => path))

/** An unreadable file is ignored here; docker refuses it. */
const documentIn = (file: string): Effect.Effect<unknown> =>
  Effect.orElseSucceed(Effect.map(readSmallText(file), valuesIn), () => undefined)

/**
 * @param dir the release's folder.
 * @param files its compose files, absolute.
 */
export const readHostPaths = Effect.fn("Docker.readHostPaths")(function* (dir: string, files: ReadonlyArray<string>) {
  const root = yield* real(dir)
  const base = files[0] === undefined ? root : dirname(files[0])
  const queue = files.map((file) => ({ file, folder: base }))
  const seen = new Set<string>()
  const found: Array<HostPath> = []
  // A link in the release may lead anywhere.
  const isOwn = (one: NamedPath) =>
    one.file !== null && (isInside(dir, one.file) || isInside(root, one.file))
      ? Effect.map(real(one.file), (file) => isInside(root, file) || isInside(dir, file))
      : Effect.succeed(false)
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { file, folder } = next
    if (seen.has(file)) continue
    seen.add(file)
    for (const one of pathsNamedIn(yield* documentIn(file), folder)) {
      if (!(yield* isOwn(one))) found.push({ file: relative(root, yield* real(file)), at: one.at, path: one.path })
      else if (one.use === "compose" && one.file !== null) queue.push({ file: one.file, folder: dirname(one.file) })
    }
  }
  return found
})
