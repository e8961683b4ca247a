/**
 * Port: snapshots of an app's volumes, in the phases of the quiet window. The caller proves quiet at both ends of the
 * window: before it calls `capture` or `swap`, and through the effect `stillQuiet` that it passes to them. This port
 * copies, and runs the second proof before the result counts.
 *
 * Contract, checked by `test/conformance/SnapshotSuite.ts`:
 * - LAW-1: `capture` runs `stillQuiet` when the archives are written and on disk, before it publishes. If the proof
 *   fails, nothing is published and nothing remains. `swap` runs it when the staged trees are in place, before it
 *   records that. If the proof fails (or a crash comes before the record), the trees are not trusted: `stage` stages
 *   them again, and the next `swap` sets the doubtful tree aside too, beside the data that it replaced (`<volume>~2`).
 *   One exception: if the volume's folder is itself a mount, the next `swap` repeats the proof and accepts the current
 *   content.
 * - LAW-4: a snapshot is complete and on disk (files, folders, syncfs) before `capture` returns. It appears under its
 *   final name by one rename, and `<app>/snapshot` moves to it by one rename. A crash leaves the previous one
 *   untouched.
 * - LAW-3: `stage` verifies every archive against its checksums and unpacks beside the volume. No volume is touched
 *   before all are staged. `swap` renames; the replaced data is set aside, never deleted.
 * - LAW-15: `prepare` and `capture` refuse a filter that leaves out all of a volume or a database, or a part of one.
 *   The meta of a snapshot records what was left out.
 * - A mirror (docs/snapshots.md) is a copy that is kept between attempts. It is staged only if it is unchanged since its
 *   snapshot was captured, and only if the archive exists, so that no restore uses up a snapshot. The btrfs snapshot of a
 *   subvolume is not used up, so `stage` does not wait for its archive, and ends the work on it in the background.
 * - LAW-11: a restore equals the capture. `prepare` refuses data that cannot be kept, before any downtime.
 * - LAW-13: names and links inside a volume or an archive never lead outside of it.
 * - All methods are idempotent for the same id / attempt. The next call clears the leftovers of an interrupted one.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, EffectiveApp, OperatorFile, Volume } from "../domain/App.ts"
import type { VolumeSize } from "../domain/chooseEngines.ts"
import { advise, nextText } from "../domain/Next.ts"
import type { Ref } from "../domain/Ref.ts"
import type { NotQuiet, RuntimeError } from "../runtime/Runtime.ts"

/**
 * One archive of a snapshot. `crc` is computed in the quiet window (POSIX `cksum`), `sha256` after it (null: not yet).
 * While the archive is not made yet (`mirror`), `bytes` is the size of the volume's files, and `crc` is empty.
 */
export const Archive = Schema.Struct({
  file: Schema.String,
  bytes: Schema.Int,
  crc: Schema.String,
  sha256: Schema.NullOr(Schema.String),
  /** Missing: a volume. */
  kind: Schema.optionalKey(Schema.Literals(["volume", "folder", "file"])),
  key: Schema.String,
  driver: Schema.String,
  options: Schema.Record(Schema.String, Schema.String),
  labels: Schema.Record(Schema.String, Schema.String),
  /** The filter that was applied: a restore will not bring back what it left out. */
  include: Schema.Array(Schema.String),
  exclude: Schema.Array(Schema.String),
  /** What it left out, measured at the time. Missing: not measured. */
  leftOut: Schema.optionalKey(Schema.Struct({ files: Schema.Int, bytes: Schema.Int })),
  /** The mirror that has the content until the archive is made of it. Missing: the archive is there. */
  mirror: Schema.optionalKey(Schema.String),
  /**
   * POSIX `cksum` of that mirror's manifest, or the stamp of the subvolume's snapshot (`btrfs/Stamp.ts`). Missing: the
   * archive was made of the volume itself.
   */
  manifest: Schema.optionalKey(Schema.String),
  /** Stamp of that mirror's tree when the archive was made of it (`mirror/Check.ts`). */
  tree: Schema.optionalKey(Schema.String)
})
export type Archive = typeof Archive.Type

/** `meta.json`. The first six fields are the seed's; the rest is needed for a complete restore. */
export const SnapshotMeta = Schema.Struct({
  recipe: Schema.String,
  domain: Schema.String,
  commit: Schema.NullOr(Schema.String),
  version: Schema.NullOr(Schema.String),
  ts: Schema.String,
  volumes: Schema.Array(Schema.String),
  /** 2: an archive is not made yet, so a lastgood that does not know mirrors must not use the snapshot. */
  format: Schema.Literals([1, 2]),
  id: Schema.String,
  app: Schema.String,
  runtime: Schema.String,
  stack: Schema.String,
  /** Name of the copied env file inside the snapshot (0600), or null. */
  env: Schema.NullOr(Schema.String),
  /** The operator's files, copied to `files/` (0600), with what a restore gives back to each. Missing: not known. */
  files: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        path: Schema.String,
        mode: Schema.Int,
        uid: Schema.Int,
        gid: Schema.Int,
        bytes: Schema.Int,
        sha256: Schema.String
      })
    )
  ),
  archives: Schema.Record(Schema.String, Archive)
})
export type SnapshotMeta = typeof SnapshotMeta.Type

/**
 * How a volume is captured. `why`: the reason of the choice; where the settings name an engine, for `tar`, what prevents that
 * one, and for others, where the copy is.
 */
export interface VolumeEngine {
  readonly volume: Volume
  readonly name: "btrfs" | "mirror" | "tar"
  readonly why: string
  /** Its mirror is not made yet, and an upgrade does not wait for it. */
  readonly isLater?: boolean
  /** It has a mirror that is not used any more, which `refresh` removes. */
  readonly isUnused?: boolean
  /** What the operator can do about it. */
  readonly next?: string
}

/** How up to date the mirrors of an app are. */
export interface MirrorsNow {
  /** Of how many volumes there is one, or should be. */
  readonly count: number
  /** When the oldest was last brought up to date, in epoch milliseconds; null: one is not there, or is not trusted. */
  readonly refreshedAt: number | null
  /** One of them is the only copy of a snapshot. */
  readonly isOnlyCopy: boolean
  /** There is one that is not used any more, which `refresh` removes. */
  readonly isUnused: boolean
}

export interface Prepared {
  /** `bytes` of the archive, at most; `size` on disk. */
  readonly volumes: ReadonlyArray<{
    readonly name: string
    readonly bytes: number
    readonly entries: number
    readonly size: VolumeSize
  }>
  /** Bytes needed at the peak: this snapshot, and a staged tree beside the volumes for the rollback. */
  readonly needBytes: number
  /** With the space of the mirrors that would give way, if it is needed. */
  readonly freeBytes: number
}

/** The errors of the proof of quiet, passed through unchanged. */
export type UnprovenQuiet = NotQuiet | RuntimeError

export interface CaptureRequest {
  readonly id: string
  readonly of: Ref
  readonly ts: string
  readonly envFile: string | null
  /** The operator's files that belong to the version. Absent: not known. */
  readonly files?: ReadonlyArray<OperatorFile>
  readonly volumes: ReadonlyArray<Volume>
  /** LAW-1: proves that nothing could write up to now. */
  readonly stillQuiet: Effect.Effect<void, UnprovenQuiet>
}

export interface RestoreRequest {
  readonly id: string
  readonly attempt: string
  readonly volumes: ReadonlyArray<Volume>
  /** What of the snapshot is not restored, by name: it is not the app's any more. Absent: all of it is. */
  readonly leaves?: (name: string) => boolean
  /** Make the folders of volumes on btrfs subvolumes. Absent: only those that are subvolumes already. */
  readonly toSubvolumes?: boolean
}

export interface SwapRequest extends RestoreRequest {
  /** LAW-1: proves that nothing could write up to now. */
  readonly stillQuiet: Effect.Effect<void, UnprovenQuiet>
}

/** Where a restore puts the data that it replaces. */
export interface SetAside {
  readonly name: string
  readonly path: string
}

export class SnapshotMissing extends Schema.TaggedError<SnapshotMissing>()("SnapshotMissing", {
  app: Schema.String,
  snapshot: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  get next() {
    return nextText(this.app, advise`${{ do: "Snapshots" }} lists the snapshots`)
  }
  override get message() {
    return `${this.app} has no snapshot ${this.snapshot}${this.known.length > 0 ? ` (snapshots: ${this.known.join(", ")})` : ""}`
  }
}

/** The snapshot exists but is damaged: truncated, changed, incomplete. Nothing was touched. */
export class SnapshotDamaged extends Schema.TaggedError<SnapshotDamaged>()("SnapshotDamaged", {
  app: Schema.String,
  snapshot: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  get next() {
    const another = { do: "Restore", snapshot: "<another one>" } as const
    return nextText(this.app, advise`${{ do: "Snapshots" }}, then ${another}`)
  }
  override get message() {
    return `snapshot ${this.snapshot} of ${this.app} is damaged: ${this.problems.join("; ")}`
  }
}

/** The data cannot be captured or restored: not enough space, a path too long, a volume missing, a tool failed. */
export class SnapshotFailed extends Schema.TaggedError<SnapshotFailed>()("SnapshotFailed", {
  app: Schema.String,
  operation: Schema.String,
  reason: Schema.String,
  next: Schema.String,
  /** There is not enough space. The operator can free some. */
  noRoom: Schema.optionalKey(Schema.Boolean),
  /** A path on the filesystem that has too little of it. */
  full: Schema.optionalKey(Schema.String),
  /** A filter leaves out data that a rollback would need (LAW-15). */
  gate: Schema.optionalKey(Schema.Literals(["filter"]))
}) {
  override get message() {
    return `${this.operation} of ${this.app} failed: ${this.reason}`
  }
}

export class SnapshotStore extends Context.Service<
  SnapshotStore,
  {
    /**
     * App up. Measures the volumes, and checks the space for the peak and for data that cannot be kept. Writes nothing
     * permanent.
     */
    readonly prepare: (app: EffectiveApp, volumes: ReadonlyArray<Volume>) => Effect.Effect<Prepared, SnapshotFailed>
    /** How each volume would be captured, by what the last `prepare` measured; empty: the settings ask for archives of all. */
    readonly engines: (
      app: EffectiveApp,
      volumes: ReadonlyArray<Volume>
    ) => Effect.Effect<ReadonlyArray<VolumeEngine>, SnapshotFailed>
    /**
     * App up. Makes the mirrors of volumes, or brings them up to date, at idle priority. A mirror that is the only copy
     * of a snapshot is archived first. A mirror that is not used any more, or that fails, is removed: the volume
     * is captured as an archive then, also if its mirror is not up to date within `deadlines.prefetch`. A failure is a
     * warning in lastgood's own log.
     *
     * @param when `ahead`: no upgrade waits for it, so it has more time, and begins only if there is the space that
     *   `prepare` asks for.
     */
    readonly refresh: (app: EffectiveApp, volumes: ReadonlyArray<Volume>, when?: "ahead") => Effect.Effect<void>
    /** How up to date the mirrors are that there should be. Opens the volumes' folders: the caller has the claim. */
    readonly mirrors: (app: EffectiveApp, volumes: ReadonlyArray<Volume>) => Effect.Effect<MirrorsNow, SnapshotFailed>
    /**
     * App down, quiet. Writes, syncs and publishes the snapshot `id`. If it is already published, returns it. A volume
     * with a mirror is captured by it: the mirror is the snapshot until `archive` or `seal`.
     */
    readonly capture: (
      app: EffectiveApp,
      request: CaptureRequest
    ) => Effect.Effect<SnapshotMeta, SnapshotFailed | UnprovenQuiet>
    /**
     * App up. Makes the archives that a snapshot does not have yet, of its mirrors, at low priority. Callers at the same
     * time wait for one work.
     */
    readonly archive: (
      app: App,
      id: string
    ) => Effect.Effect<SnapshotMeta, SnapshotMissing | SnapshotDamaged | SnapshotFailed>
    /**
     * App up again. Makes missing archives, and adds SHA-256 to every archive of the meta (atomically). If it is already
     * sealed, returns it.
     */
    readonly seal: (
      app: App,
      id: string
    ) => Effect.Effect<SnapshotMeta, SnapshotMissing | SnapshotDamaged | SnapshotFailed>
    /** Reads every byte again. Problems are the answer, not an error. */
    readonly verify: (
      app: App,
      id: string
    ) => Effect.Effect<
      { readonly meta: SnapshotMeta | null; readonly problems: ReadonlyArray<string> },
      SnapshotMissing | SnapshotFailed
    >
    /**
     * App up or down. Verifies and unpacks the snapshot beside the volumes. Changes no volume. If it is already staged,
     * only checks that. A mirror that is the snapshot's tree is staged instead, once its archive is made, which gets the
     * normal priority for that.
     */
    readonly stage: (
      app: App,
      request: RestoreRequest
    ) => Effect.Effect<SnapshotMeta, SnapshotMissing | SnapshotDamaged | SnapshotFailed>
    /** App down, quiet. Sets the volumes' data aside and puts the staged trees in its place. */
    readonly swap: (
      app: App,
      request: SwapRequest
    ) => Effect.Effect<ReadonlyArray<SetAside>, SnapshotFailed | UnprovenQuiet>
    /** Removes the trees that `stage` made for an attempt and that were not swapped in. */
    readonly unstage: (app: App, attempt: string, volumes: ReadonlyArray<Volume>) => Effect.Effect<void, SnapshotFailed>
    /** Oldest first; only complete, published ones. */
    readonly list: (app: App) => Effect.Effect<ReadonlyArray<SnapshotMeta & { readonly bytes: number }>, SnapshotFailed>
    /** Path of the env file in a snapshot; null: it has none. */
    readonly envFile: (app: App, id: string) => Effect.Effect<string | null, SnapshotMissing | SnapshotFailed>
    /** The operator's files in a snapshot; null: it does not tell (an older one, or an app without a folder). */
    readonly operatorFiles: (
      app: App,
      id: string
    ) => Effect.Effect<ReadonlyArray<OperatorFile> | null, SnapshotMissing | SnapshotFailed>
    /** The snapshot that `<app>/snapshot` points to. */
    readonly current: (app: App) => Effect.Effect<string | null, SnapshotFailed>
    /** What of the app is on the filesystem of `path`: its complete snapshots, and which of the `others`, in bytes. */
    readonly onFilesystemOf: (
      app: App,
      path: string,
      others: ReadonlyArray<string>
    ) => Effect.Effect<
      {
        readonly snapshots: ReadonlyArray<{ readonly id: string; readonly bytes: number }>
        readonly others: ReadonlyArray<{ readonly path: string; readonly bytes: number }>
      },
      SnapshotFailed
    >
    readonly remove: (app: App, id: string) => Effect.Effect<void, SnapshotFailed>
    /** Removes the mirrors of volumes. One that is the only copy of a snapshot stays. */
    readonly removeMirrors: (app: App, volumes: ReadonlyArray<Volume>) => Effect.Effect<void, SnapshotFailed>
    /** Removes the data that an attempt set aside, for good. */
    readonly removeAside: (
      app: App,
      attempt: string,
      volumes: ReadonlyArray<Volume>
    ) => Effect.Effect<void, SnapshotFailed>
  }
>()("lastgood/snapshot/SnapshotStore") {}
