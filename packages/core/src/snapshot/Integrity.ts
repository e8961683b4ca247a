/**
 * Checks whether a snapshot is still what was captured. Problems are collected, not thrown, because all of them are
 * useful.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { namesIn, statOrNull } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import { isPlainFileBelow } from "../disk/operatorFiles.ts"
import type { App } from "../domain/App.ts"
import { crc, sha256 } from "./Checksums.ts"
import { archiveFile, archivesOf, operatorFilesName } from "./Layout.ts"
import { listProblems } from "./Listing.ts"
import { isMirrorThere, mirrorProblems } from "./mirror/Check.ts"
import type { Archive, SnapshotMeta } from "./SnapshotStore.ts"

/** `fast`: cksum, fast enough for a restore. `strong`: SHA-256 if the snapshot is sealed. */
export type Strength = "fast" | "strong"

/**
 * Reads every byte of every archive. Each problem names the file and the expected and seen values.
 *
 * @param folder of the snapshot.
 */
export const contentProblems = (app: App, folder: string, meta: SnapshotMeta, strength: Strength) =>
  Effect.gen(function* () {
    const inside = yield* statOrNull(archivesOf(folder))
    if (inside !== null && !inside.isDirectory()) return ["volumes: expected a folder, found something else"]
    const each = yield* Effect.forEach(Object.values(meta.archives), (archive) =>
      archive.mirror === undefined
        ? archiveProblems(folder, meta, archive, strength)
        : mirrorProblems(app, meta.id, archive)
    )
    return [...each.flat(), ...(yield* envProblems(folder, meta)), ...(yield* fileProblems(folder, meta))]
  })

/** It becomes a release's env file, so a link could bring in another file. */
export const envProblems = (folder: string, meta: SnapshotMeta) =>
  Effect.gen(function* () {
    if (meta.env === null) return []
    const stat = yield* statOrNull(join(folder, meta.env))
    if (stat === null) return [`${meta.env}: missing`]
    return stat.isFile() ? [] : [`${meta.env}: expected a file, found something else`]
  })

/** Of the operator's files. They become a release's, so a link could bring in another file. */
export const fileProblems = (folder: string, meta: SnapshotMeta) =>
  Effect.map(
    Effect.forEach(meta.files ?? [], ({ bytes, path, sha256: expected }) =>
      Effect.gen(function* () {
        const name = `${operatorFilesName}/${path}`
        const inside = join(folder, operatorFilesName)
        if (!(yield* Effect.promise(() => isPlainFileBelow(inside, path)))) return [`${name}: missing, or not a file`]
        const found = yield* sha256(join(inside, path), bytes, `verify ${meta.app}`)
        return found === expected ? [] : [`${name}: expected SHA-256 ${expected}, found ${found}`]
      })
    ),
    (problems) => problems.flat()
  )

const archiveProblems = (folder: string, meta: SnapshotMeta, archive: Archive, strength: Strength) =>
  Effect.gen(function* () {
    const path = join(folder, archive.file)
    const size = yield* sizeProblems(path, archive)
    if (size.length > 0) return size
    const checksum = yield* checksumProblems(path, archive, strength, `verify ${meta.app}`)
    if (checksum.length > 0) return checksum
    return (yield* listProblems(path)).map((problem) => `${archive.file}: ${problem}`)
  })

/** Missing, not a file, or of another size. */
const sizeProblems = (path: string, archive: Archive) =>
  Effect.map(statOrNull(path), (stat): ReadonlyArray<string> => {
    if (stat === null) return [`${archive.file}: missing`]
    if (!stat.isFile()) return [`${archive.file}: expected a file, found something else`]
    return stat.size === BigInt(archive.bytes)
      ? []
      : [`${archive.file}: expected ${archive.bytes} bytes, found ${stat.size}`]
  })

/** A seed's archive has no checksum until it is sealed, so only its structure can be checked. */
const checksumProblems = (path: string, archive: Archive, strength: Strength, what: string) =>
  Effect.gen(function* () {
    const [name, expected, found] =
      archive.sha256 !== null && (strength === "strong" || archive.crc === "")
        ? ["SHA-256", archive.sha256, yield* sha256(path, archive.bytes, what)]
        : archive.crc === ""
          ? ["", "", ""]
          : ["CRC", archive.crc, yield* crc(path)]
    return expected === found ? [] : [`${archive.file}: expected ${name} ${expected}, found ${found}`]
  })

/**
 * Whether all archives have the size in the meta, or a mirror instead. This is cheap enough for `list` and `capture`.
 */
export const isWhole = (app: App, folder: string, meta: SnapshotMeta) =>
  Effect.gen(function* () {
    const archives = Object.values(meta.archives)
    const isThere = (archive: Archive) =>
      archive.mirror === undefined
        ? Effect.map(sizeProblems(join(folder, archive.file), archive), (problems) => problems.length === 0)
        : isMirrorThere(app, meta.id, archive)
    const there = yield* Effect.forEach(archives, isThere)
    return !there.includes(false) && archives.length === meta.volumes.length
  })

/** Of those archives alone: problems of their sizes. */
export const sizesProblems = (folder: string, archives: ReadonlyArray<Archive>) =>
  Effect.map(
    Effect.forEach(archives, (archive) => sizeProblems(join(folder, archive.file), archive)),
    (problems) => problems.flat()
  )

/** Files in the snapshot's folder that are not in the meta. */
export const strayProblems = (folder: string, meta: SnapshotMeta) =>
  Effect.gen(function* () {
    const known = new Set([
      "meta.json",
      // Left by a kill while the meta was written.
      "meta.json.tmp",
      "volumes",
      ...(meta.env === null ? [] : [meta.env]),
      ...(meta.files === undefined ? [] : [operatorFilesName])
    ])
    const archives = new Set(meta.volumes.map(archiveFile))
    const inside = yield* namesIn(archivesOf(folder))
    const top = yield* io("list", folder, () => fs.readdir(folder))
    return [
      ...top.filter((name) => !known.has(name)),
      ...inside.map((name) => `volumes/${name}`).filter((name) => !archives.has(name))
    ].map((name) => `${name}: not part of the snapshot`)
  })
