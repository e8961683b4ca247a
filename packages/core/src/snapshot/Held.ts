/**
 * A folder held open by a descriptor. An operation through its name below `/proc` acts on this very folder, whatever is
 * renamed or linked to its path in the meantime; tools get that name too. Below it, paths are opened one component at a
 * time, and through no symlink (LAW-13).
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { sync } from "../disk/Durable.ts"
import { Files } from "../disk/Files.ts"
import { type IoFailed, io } from "../disk/io.ts"
import { SnapshotRefusal } from "./Trouble.ts"

export interface Held {
  /** For people: its path when it was opened. */
  readonly path: string
  /** For operations: names this very folder while the scope is open. */
  readonly at: string
  readonly dev: bigint
  readonly ino: bigint
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

const changed = (path: string) =>
  new SnapshotRefusal({
    reason: `${path} was replaced by another folder or a link during the work`,
    next: "find out what changes the folders there, then try again"
  })

/**
 * @param path may start with the name of a held folder.
 * @param shown the same for people.
 */
const open = (path: string, shown: string): Effect.Effect<Held, IoFailed | SnapshotRefusal, Scope.Scope> =>
  Effect.gen(function* () {
    const files = yield* Files
    const handle = yield* Effect.acquireRelease(
      io("open", shown, () => files.open(path, folderOnly)),
      (opened) => Effect.ignore(io("close", shown, () => opened.close()))
    )
    const stat = yield* io("stat", shown, () => handle.exactStat())
    const at = `/proc/${process.pid}/fd/${handle.fd}`
    const through = yield* io("stat", at, () => files.exactStat(at))
    if (through.dev !== stat.dev || through.ino !== stat.ino) return yield* changed(shown)
    return {
      path: shown,
      at,
      dev: stat.dev,
      ino: stat.ino,
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid)
    }
  })

/** @param path resolved: fails if a part of it has become a symlink. */
export const hold = (path: string) =>
  Effect.gen(function* () {
    const held = yield* open(path, path)
    const { readlink } = yield* Files
    const where = yield* io("read", held.at, () => readlink(held.at))
    return where === path ? held : yield* changed(path)
  })

/** One of our folders below a held one; null: it does not exist. Any other kind of file of that name is refused. */
export const holdOwn = (base: Held, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    let held = base
    for (const name of names) {
      const below: Held | null = yield* openOwn(held, name)
      if (below === null) return null
      held = below
    }
    return held
  })

/** A folder in one of ours, whoever owns it. */
export const holdIn = (parent: Held, name: string) => open(join(parent.at, name), join(parent.path, name))

/** The staged tree: it has the volume's owner and mode by now, and is still a folder. */
export const holdTree = (staged: Held) => holdIn(staged, "tree")

/**
 * The same, but creates missing folders. Only their owner can enter them, and their names are on disk. They pass on no
 * set-group-ID bit, which they would get from the folder around them: tar does not take it from a folder that it unpacks.
 */
export const makeOwn = (base: Held, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    let held = base
    for (const name of names) {
      const inside = join(held.at, name)
      const made = yield* io("make folder", join(held.path, name), () => fs.mkdir(inside, { mode: 0o700 })).pipe(
        Effect.as(true),
        Effect.catch((error) => (error.code === "EEXIST" ? Effect.succeed(false) : Effect.fail(error)))
      )
      if (made) yield* sync(held.at)
      const below: Held | null = yield* openOwn(held, name)
      if (below === null) return yield* changed(join(held.path, name))
      held = yield* withoutSetGid(below)
    }
    return held
  })

const setGid = 0o2000

const withoutSetGid = (held: Held) => {
  const mode = held.mode & ~setGid
  if (mode === held.mode) return Effect.succeed(held)
  return Effect.as(
    io("set mode of", held.path, () => fs.chmod(held.at, mode)),
    { ...held, mode }
  )
}

const openOwn = (parent: Held, name: string) =>
  Effect.gen(function* () {
    const shown = join(parent.path, name)
    const held = yield* open(join(parent.at, name), shown).pipe(
      Effect.catchTag("IoFailed", (error) =>
        error.code === "ENOENT"
          ? Effect.succeed(null)
          : Effect.fail(error.code === "ENOTDIR" || error.code === "ELOOP" ? notOurs(shown) : error)
      )
    )
    if (held !== null && !isOurs(held)) return yield* notOurs(shown)
    return held
  })

/** Fails when the file at a path is not the held folder. */
export const assertIs = (held: Pick<Held, "path" | "dev" | "ino">, path: string) =>
  Effect.flatMap(
    io("stat", path, () => fs.lstat(path, { bigint: true })),
    (stat) => (stat.dev === held.dev && stat.ino === held.ino ? Effect.void : Effect.fail(changed(held.path)))
  )

/** Whether other users cannot write to it. The volume's users may know the names of our folders. */
export const isOurs = (stat: { readonly uid: number; readonly mode: number }): boolean =>
  stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0

export const notOurs = (path: string) =>
  new SnapshotRefusal({
    reason: `${path} is not lastgood's: expected a folder that no other user can write to`,
    next: "inspect and remove it"
  })

/** Removes the empty folders on a path, deepest first. The base stays. */
export const removeEmpty = (base: Held, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const parents: Array<Held> = []
    let held: Held | null = base
    for (const name of names) {
      if (held === null) break
      parents.push(held)
      held = yield* openOwn(held, name)
    }
    for (const [i, parent] of [...parents.entries()].reverse()) {
      yield* Effect.ignore(io("remove", parent.path, () => fs.rmdir(join(parent.at, names[i] ?? ""))))
    }
  }).pipe(Effect.scoped)
