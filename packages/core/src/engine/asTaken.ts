import type { SnapshotRecord } from "../domain/State.ts"
import type { Archive } from "../snapshot/SnapshotStore.ts"

/**
 * Is a snapshot what the log says was taken? That it is whole by its own `meta.json` is not enough: that file may have been
 * changed as well (LAW-3, LAW-6).
 *
 * @param taken undefined: the log does not know it, and there is nothing to compare.
 * @returns what differs, in sentences.
 */
export const notAsTaken = (
  taken: SnapshotRecord | undefined,
  meta: { readonly archives: Readonly<Record<string, Pick<Archive, "file" | "crc">>> }
): ReadonlyArray<string> =>
  (taken?.volumes ?? []).flatMap(({ name, crc }) => {
    const archive = meta.archives[name]
    if (archive === undefined) return [`meta.json: expected the volume ${name}, which was taken, found none`]
    return crc === "" || archive.crc === crc ? [] : [`${archive.file}: taken with CRC ${crc}, found ${archive.crc}`]
  })
