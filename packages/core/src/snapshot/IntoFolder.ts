/** A new or empty folder of the operator, into which files of a snapshot are unpacked, and nowhere else (LAW-13). */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { runningUser } from "../disk/ownership.ts"
import { removeTree } from "./removeTree.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

const openAt = (path: string, at: string) =>
  Effect.acquireRelease(
    io("open", path, () => fs.open(at, folderOnly)),
    (handle) => Effect.ignore(io("close", path, () => handle.close()))
  )

const refused = (path: string, found: string) =>
  new SnapshotRefusal({
    reason: `${path}: expected a new or an empty folder of yours, found ${found}`,
    next: "name another folder"
  })

/** Makes the folder, or takes an empty one. Nothing is ever overwritten. */
export const intoFolder = (path: string) =>
  Effect.gen(function* () {
    const isMade = yield* io("make folder", path, () => fs.mkdir(path, { mode: 0o700 })).pipe(
      Effect.as(true),
      Effect.catch((error) => (error.code === "EEXIST" ? Effect.succeed(false) : Effect.fail(error)))
    )
    const handle = yield* openAt(path, path).pipe(
      Effect.catch((error: IoFailed) =>
        Effect.fail(["ENOTDIR", "ELOOP"].includes(error.code) ? refused(path, "something else") : error)
      )
    )
    const at = `/proc/${process.pid}/fd/${handle.fd}`
    const stat = yield* io("stat", path, () => handle.stat())
    if (stat.uid !== runningUser()) return yield* refused(path, `a folder of the user ${stat.uid}`)
    if ((stat.mode & 0o022) !== 0) return yield* refused(path, "a folder that other users can write to")
    const [first] = yield* io("list", path, () => fs.readdir(at))
    if (first !== undefined) return yield* refused(path, `a folder with ${first} in it`)

    /** Opens a folder in it, and makes it if needed. Never through a link, which an archive may have put there. */
    const inside = (parts: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        let [shown, above] = [path, at]
        for (const part of parts) {
          shown = join(shown, part)
          const next = join(above, part)
          yield* io("make folder", shown, () => fs.mkdir(next, { mode: 0o700 })).pipe(
            Effect.catch((error) => (error.code === "EEXIST" ? Effect.void : Effect.fail(error)))
          )
          above = `/proc/${process.pid}/fd/${(yield* openAt(shown, next)).fd}`
        }
        // It may have got a set-group-ID bit from the folder around it, which tar would not take from what it unpacks.
        const filled = above
        yield* io("set mode of", shown, () => fs.chmod(filled, 0o700))
        return filled
      })

    /**
     * Makes a folder in it, for `use` to fill. If that fails, nothing of it stays.
     *
     * @param name a path; a leading slash is left out.
     */
    const fill = <E, R>(name: string, use: (at: string) => Effect.Effect<void, E, R>) => {
      const parts = name.split("/").filter((part) => part !== "")
      return Effect.flatMap(inside(parts), use).pipe(
        Effect.scoped,
        Effect.onError(() => Effect.ignore(removeTree(isMade ? path : join(path, parts[0] ?? ""))))
      )
    }
    return { fill }
  })
