/** Lists the content of a volume with one `find`, to disk, because the list may be too long for memory. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { forEachRecord } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import { volumeText } from "../domain/folders.ts"
import { run } from "../process/Tool.ts"
import { type Folder, pruneOwn, startOf } from "./Folder.ts"
import { SnapshotRefusal } from "./Trouble.ts"

export interface Entry {
  /** `f`, `d`, `l` … as find prints it. */
  readonly type: string
  readonly size: number
  /** Allocated on disk. */
  readonly allocated: number
  readonly links: number
  readonly inode: string
  /** Relative to the volume; empty: its root. */
  readonly path: Buffer
}

/** Type, size, blocks of 512 bytes, links, inode, path. */
const format = "%y %s %b %n %i %P\\0"
const record = /^(\S) (\d+) (\d+) (\d+) (\d+) ([\s\S]*)$/

/** Lists a volume, folders before their content. Refuses a volume with an unreadable file. */
export const walk = (folder: Folder) =>
  Effect.gen(function* () {
    const list = join(yield* scratchFolder, "list")
    // The app may run: a file that disappears during the walk is not an error.
    const listing = [startOf(folder), "-ignore_readdir_race", ...pruneOwn(folder), "-fprintf", list, format]
    const firstUnreadable = ["-type", "f", "!", "-readable", "-print", "-quit"]
    const { stdout } = yield* run("find", [...listing, ...firstUnreadable], { cwd: folder.at })
    if (stdout !== "") return yield* unreadable(folder, stdout.trim())
    return list
  })

const unreadable = (folder: Folder, path: string) =>
  new SnapshotRefusal({
    reason: `${volumeText(folder.volume.name)}: ${JSON.stringify(path)} cannot be read`,
    next: "run lastgood as a user who may read all of it (root)"
  })

export const forEachEntry = (list: string, each: (entry: Entry) => void) =>
  forEachRecord(list, 0, (bytes) => {
    const [, type, size, blocks, links, inode, path] = record.exec(bytes.toString("latin1")) ?? []
    if (type === undefined || inode === undefined || path === undefined) return
    each({
      type,
      size: Number(size),
      allocated: Number(blocks) * 512,
      links: Number(links),
      inode,
      path: Buffer.from(path, "latin1")
    })
  })
