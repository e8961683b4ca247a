/**
 * Deletes the subvolumes in a tree. `rm` crosses into no subvolume, and cannot change a read-only one. A tree may be the
 * data of an app, which creates subvolumes with any names, so each is opened, must be below the tree, and is deleted by
 * its id.
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { forEachRecord } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import { mountsOf } from "../host/Mounts.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import type { CannotRemove } from "./CannotRemove.ts"
import { deleteSubvolume, isSubvolume, rootInode } from "./Subvolume.ts"

type Trouble = CannotRemove | IoFailed | ToolFailed

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** @param path names are bytes. */
const openFolder = (path: string | Buffer, shown: string) =>
  Effect.gen(function* () {
    const handle = yield* Effect.acquireRelease(
      io("open", shown, () => fs.open(path, folderOnly)),
      (opened) => Effect.ignore(io("close", shown, () => opened.close()))
    )
    const at = `/proc/${process.pid}/fd/${handle.fd}`
    const { ino } = yield* io("stat", shown, () => handle.stat({ bigint: true }))
    return { at, ino, path: yield* io("read", at, () => fs.readlink(at)) }
  })

type Open = Effect.Success<ReturnType<typeof openFolder>>

/** Deletes the subvolumes at or below a path, if it is a folder. A mounted one stays. */
export const removeSubvolumes = (path: string): Effect.Effect<void, Trouble> =>
  Effect.gen(function* () {
    const top = yield* openFolder(path, path)
    if (yield* isSubvolume(top)) yield* removeOne(top)
    else yield* removeInside(top)
  }).pipe(
    Effect.scoped,
    Effect.catchIf(
      (error) => error._tag === "IoFailed" && ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code),
      () => Effect.void
    )
  )

const removeOne = (one: Open): Effect.Effect<void, Trouble> =>
  Effect.gen(function* () {
    if (yield* isMounted(one)) return
    yield* deleteSubvolume(one).pipe(Effect.catch(() => Effect.andThen(removeInside(one), deleteSubvolume(one))))
  })

const isMounted = ({ path }: Open) =>
  io("read", "/proc/self/mountinfo", async () => mountsOf("self").some(({ point }) => point === path))

const removeInside = (folder: Open): Effect.Effect<void, Trouble> =>
  Effect.gen(function* () {
    for (const name of yield* candidatesIn(folder.at)) {
      yield* Effect.gen(function* () {
        const one = yield* openFolder(Buffer.concat([Buffer.from(`${folder.at}/`), name]), folder.path)
        if (one.path.startsWith(`${folder.path}/`) && (yield* isSubvolume(one))) yield* removeOne(one)
      }).pipe(Effect.scoped)
    }
  })

/** Of the nested ones, only those that are in no other. On another filesystem, it is a folder like others. */
const candidatesIn = (at: string) =>
  Effect.gen(function* () {
    const list = join(yield* scratchFolder, "subvolumes")
    const isRoot = ["-type", "d", "-inum", `${rootInode}`]
    yield* run("find", [".", "-xdev", "-mindepth", "1", ...isRoot, "-fprintf", list, "%P\\0"], { cwd: at })
    const names: Array<Buffer> = []
    yield* forEachRecord(list, 0, (name) => names.push(Buffer.from(name)))
    return names
  }).pipe(Effect.scoped)
