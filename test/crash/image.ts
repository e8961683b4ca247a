/** What was known of the world when an image of its disk was begun. */
import type { Good } from "../soak/outside/checks.ts"
import type { Data } from "../soak/outside/data.ts"

export type Filesystem = "btrfs" | "ext4" | "xfs"

export interface Image {
  readonly file: string
  readonly filesystem: Filesystem
  /** Options of the mount that wrote it, and that it is mounted with again. */
  readonly options: string
  readonly engine: "btrfs" | "mirror" | "tar"
  readonly port: number
  /** Of the health gate. */
  readonly deadline: string
  /** What lastgood was doing: the command, and the last event that had been seen. */
  readonly during: string
  /** The last event that a reader saw before the copy was begun: it is on disk. */
  readonly seen: { readonly position: number; readonly hash: string } | null
  /** Where the log's rows of this command begin. */
  readonly from: number
  readonly before: Good
  /** Where the command leads when nothing disturbs it. */
  readonly end: Good
  readonly known: ReadonlyArray<readonly [version: string, data: Data]>
  readonly snapshots: ReadonlyArray<readonly [id: string, good: Good]>
}

/** How the end of the log's write-ahead file is damaged before lastgood sees it. */
export type Tear = "none" | "unfinished" | "torn" | "cut"
