/**
 * The paths under an app's folder, and the names that may become part of a path (docs/on-disk.md). Ids of snapshots,
 * attempts and the names of volumes come from outside. A name that could lead elsewhere is refused here, so that other
 * code can join paths safely (LAW-13).
 */
import { createHash } from "node:crypto"
import { isAbsolute, join, normalize } from "node:path"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { isPath, volumeText } from "../domain/folders.ts"
import { ownFolder } from "./Folder.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const safe = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/

/** Whether this is a plain file name: without separator, leading dot or dash, and short enough for a suffix. */
export const isSafeName = (name: string): boolean => safe.test(name)

/** @param what for the message: `volume`, `snapshot`, `attempt`. */
export const checkName = (what: string, name: string): Effect.Effect<void, SnapshotRefusal> =>
  isSafeName(name)
    ? Effect.void
    : Effect.fail(
        new SnapshotRefusal({
          reason: `${what} ${JSON.stringify(name)} cannot be a file name: expected letters, digits, "_", "." or "-", at most 200`,
          next: `rename the ${what}`
        })
      )

/** Every volume needs a distinct name that can be a file name. */
export const checkVolumeNames = (volumes: ReadonlyArray<Volume>): Effect.Effect<void, SnapshotRefusal> =>
  Effect.gen(function* () {
    const seen = new Set<string>()
    for (const { name } of volumes) {
      if (!isVolumeName(name)) yield* checkName("volume", name)
      const file = fileNameOf(name)
      if (seen.has(file)) {
        return yield* new SnapshotRefusal({
          reason: `${volumeText(name)} is listed twice`,
          next: "list each volume once"
        })
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
/** The next link. After a crash it tells which snapshot was being published. */
export const nextLinkOf = (app: App): string => join(app.dir, ".snapshot.next")
/** The seed's path for its only snapshot during its swap. */
export const seedOldOf = (app: App): string => join(app.dir, ".snapshot.old")
export const snapshotsOf = (app: App): string => join(app.dir, "snapshots")
export const snapshotOf = (app: App, id: string): string => join(snapshotsOf(app), id)
/** The indexes of all snapshots (`Index.ts`), in a folder for each. */
export const indexesOf = (app: App): string => join(app.dir, "indexes")
/** The link's target: relative, so that the root can be moved. */
export const linkTarget = (id: string): string => `snapshots/${id}`

const staging = ".staging-"
const trash = ".trash-"
export const stagingOf = (app: App, id: string): string => join(snapshotsOf(app), `${staging}${id}`)
export const trashOf = (app: App, id: string): string => join(snapshotsOf(app), `${trash}${id}`)
/** Whether an interrupted capture or removal left this folder: it is never a snapshot. */
export const isLeftover = (name: string): boolean => name.startsWith(staging) || name.startsWith(trash)

export const metaOf = (folder: string): string => join(folder, "meta.json")
export const archivesOf = (folder: string): string => join(folder, "volumes")
/** Path of an archive inside a snapshot, as in `meta.json`. */
export const archiveFile = (volume: string): string => `volumes/${fileNameOf(volume)}.tar`
/** The folder with the mirrors of volumes, in the app's folder or in lastgood's own beside a volume (`mirror/Home.ts`). */
export const mirrorsName = "mirror"
/** Whether a snapshot may name this path, relative to the app's folder or absolute, as the mirror of a volume. */
export const isMirrorLocation = (location: string, volume: string): boolean => {
  const below = `${mirrorsName}/${fileNameOf(volume)}`
  if (location === below) return true
  return isAbsolute(location) && location === normalize(location) && location.endsWith(`/${ownFolder}/${below}`)
}
export const envFile = "env"
export const operatorFilesName = "files"
