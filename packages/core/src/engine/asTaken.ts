import type { SnapshotRecord } from "../domain/State.ts"
import type { Archive } from "../snapshot/SnapshotStore.ts"

/**
 * Compares a snapshot with the log. Its own `meta.json` is not enough, because that file may have been changed too (LAW-3,
 * LAW-6).
 *
 * @param taken undefined: the log does not know the snapshot, so there is nothing to compare.
 * @returns one sentence per difference.
 */
export const notAsTaken = (
  taken: SnapshotRecord | undefined,
  meta: { readonly archives: Readonly<Record<string, Pick<Archive, "file" | "crc" | "manifest">>> }
): ReadonlyArray<string> =>
  (taken?.volumes ?? []).flatMap(({ name, crc, manifest }) => {
    const archive = meta.archives[name]
    if (archive === undefined) return [`meta.json: expected the captured volume ${name}, found none`]
    if (manifest !== undefined && archive.manifest !== manifest) {
      return [`${archive.file}: expected a mirror with the manifest ${manifest}, found ${archive.manifest ?? "none"}`]
    }
    return crc === "" || archive.crc === crc ? [] : [`${archive.file}: expected CRC ${crc}, found ${archive.crc}`]
  })
