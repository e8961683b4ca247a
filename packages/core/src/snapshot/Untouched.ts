/**
 * What can be told of a snapshot's archive without reading it. Reading one file out of an archive must not cost the whole of
 * it, so its content is not verified: `verify` does that. An archive of another length is not listed any more (`Integrity.ts`),
 * and tar checks the checksum of the header that it reads.
 */
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { metaOf } from "./Layout.ts"
import type { IndexedArchive } from "./Members.ts"

/**
 * Whether the archive was written to after the snapshot's `meta.json`, which is written last. A copy that does not keep times
 * looks like that too, and a writer can set the time back: it is a reason to verify, not a proof.
 *
 * @param path `<snapshot>/volumes/<volume>.tar`.
 */
export const isWrittenLater = ({ path }: Pick<IndexedArchive, "path">): Effect.Effect<boolean, IoFailed> =>
  io("stat", path, async () => {
    const [archive, meta] = await Promise.all([fs.stat(path), fs.stat(metaOf(dirname(dirname(path))))])
    return archive.mtimeMs > meta.mtimeMs
  })
