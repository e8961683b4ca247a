/**
 * Where everything lies under an app's folder, and which names may become part of a path (docs/on-disk.md).
 * A snapshot's id, an attempt and a volume's name come from outside: a name that could lead elsewhere is refused here,
 * so that the rest can join paths without thinking of it (LAW-13).
 */
import { createHash } from "node:crypto"
import { join, normalize } from "node:path"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { isPath, volumeText } from "../domain/folders.ts"
import { Refusal } from "./Trouble.ts"

const safe = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/

/** Is this a plain file name: no separator, no leading dot or dash, short enough to get a suffix. */
export const isSafeName = (name: string): boolean => safe.test(name)

/** @param what for the message: `volume`, `snapshot`, `attempt`. */
export const checkName = (what: string, name: string): Effect.Effect<void, Refusal> =>
  isSafeName(name)
    ? Effect.void
    : Effect.fail(
        new Refusal({
          reason: `${what} ${JSON.stringify(name)} cannot be a file name: expected letters, digits, "_", "." or "-", at most 200`,
          next: `rename the ${what}`
        })
      )

/** Every volume has a name of its own that can be a file name. */
export const checkVolumeNames = (volumes: ReadonlyArray<Volume>): Effect.Effect<void, Refusal> =>
  Effect.gen(function* () {
    const seen = new Set<string>()
    for (const { name } of volumes) {
      if (!isVolumeName(name)) yield* checkName("volume", name)
      const file = fileNameOf(name)
      if (seen.has(file)) {
        return yield* new Refusal({ reason: `${volumeText(name)} is named twice`, next: "name each volume once" })
      }
      seen.add(file)
    }
  })

/** A plain file name, or the absolute path of a data folder in its shortest form. */
export const isVolumeName = (name: string): boolean =>
  isPath(name)
    ? name === normalize(name) && name !== "/" && !/[\0\r\n]/.test(name) && !name.endsWith("/")
    : isSafeName(name)

const longestReadable = 120

/**
 * What a volume is called in lastgood's own folders. Of a data folder: what can be read of the end of its path, and a
 * hash of all of it, since several paths may read alike: `folder.srv-ghost-content.3f9a1c2e4b5d`.
 */
export const fileNameOf = (name: string): string => {
  if (!isPath(name)) return name
  const readable = name
    .slice(1)
    .replaceAll(/[^A-Za-z0-9_.]+/g, "-")
    .slice(-longestReadable)
  return `folder.${readable}.${createHash("sha256").update(name).digest("hex").slice(0, 12)}`
}

/** `<app>/snapshot`: the symlink to the newest snapshot, or the seed's real folder. */
export const linkOf = (app: App): string => join(app.dir, "snapshot")
/** The link that is about to be swapped in: says after a crash which snapshot was being published. */
export const nextLinkOf = (app: App): string => join(app.dir, ".snapshot.next")
/** Where the seed keeps its one snapshot while it swaps. */
export const seedOldOf = (app: App): string => join(app.dir, ".snapshot.old")
export const snapshotsOf = (app: App): string => join(app.dir, "snapshots")
export const snapshotOf = (app: App, id: string): string => join(snapshotsOf(app), id)
/** What the link holds: relative, so that the root can be moved. */
export const linkTarget = (id: string): string => `snapshots/${id}`

const staging = ".staging-"
const trash = ".trash-"
export const stagingOf = (app: App, id: string): string => join(snapshotsOf(app), `${staging}${id}`)
export const trashOf = (app: App, id: string): string => join(snapshotsOf(app), `${trash}${id}`)
/** A folder that an interrupted capture or remove left: never a snapshot. */
export const isLeftover = (name: string): boolean => name.startsWith(staging) || name.startsWith(trash)

export const metaOf = (folder: string): string => join(folder, "meta.json")
export const archivesOf = (folder: string): string => join(folder, "volumes")
/** Path of an archive inside a snapshot, as `meta.json` names it. */
export const archiveFile = (volume: string): string => `volumes/${fileNameOf(volume)}.tar`
export const envFile = "env"
