/**
 * A folder held open by a descriptor. What is done through its name below `/proc` is done in that very folder, whatever
 * is renamed or linked to its path meanwhile: tools are given that name too. Below it one goes one name at a time, and
 * through no symlink (LAW-13).
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { sync } from "../disk/Durable.ts"
import { type IoFailed, io } from "../disk/io.ts"
import { Refusal } from "./Trouble.ts"

export interface Held {
  /** For people: where it was when it was opened. */
  readonly path: string
  /** For work: names this very folder as long as the scope is open. */
  readonly at: string
  readonly dev: bigint
  readonly ino: bigint
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

const changed = (path: string) =>
  new Refusal({
    reason: `another folder, or a link, was put at ${path} while it was looked at`,
    next: "find what changes the folders there, then try again"
  })

/** @param path may begin with the name of a folder that is held. @param shown the same for people. */
const open = (path: string, shown: string): Effect.Effect<Held, IoFailed | Refusal, Scope.Scope> =>
  Effect.gen(function* () {
    const handle = yield* Effect.acquireRelease(
      io("open", shown, () => fs.open(path, folderOnly)),
      (opened) => Effect.ignore(io("close", shown, () => opened.close()))
    )
    const stat = yield* io("look at", shown, () => handle.stat({ bigint: true }))
    const at = `/proc/${process.pid}/fd/${handle.fd}`
    const through = yield* io("look at", at, () => fs.stat(at, { bigint: true }))
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

/** @param path resolved: it is an error when any part of it is a symlink by now. */
export const hold = (path: string) =>
  Effect.gen(function* () {
    const held = yield* open(path, path)
    const where = yield* io("look at", held.at, () => fs.readlink(held.at))
    return where === path ? held : yield* changed(path)
  })

/** A folder of ours below one that is held, or null: there is none. Anything else of that name is refused. */
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

/** The staged tree: of the volume's owner and mode by now, and a folder still. */
export const holdTree = (staged: Held) => open(join(staged.at, "tree"), join(staged.path, "tree"))

/** The same, with what is missing made: only its owner can enter it, and its name is on disk. */
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
      held = below
    }
    return held
  })

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

/** Fails when what is at a path is not the folder that is held. */
export const assertIs = (held: Pick<Held, "path" | "dev" | "ino">, path: string) =>
  Effect.flatMap(
    io("look at", path, () => fs.lstat(path, { bigint: true })),
    (stat) => (stat.dev === held.dev && stat.ino === held.ino ? Effect.void : Effect.fail(changed(held.path)))
  )

/** The volume's users may know the names: what they could write to is not ours. */
export const isOurs = (stat: { readonly uid: number; readonly mode: number }): boolean =>
  stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0

export const notOurs = (path: string) =>
  new Refusal({
    reason: `${path} is not lastgood's: expected a folder of its own that nobody else can write to`,
    next: "see who made it, and remove it"
  })

/** Removes those of the folders on the way down that are empty, deepest first; the base stays. */
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
