/**
 * Port: snapshots of an app's volumes, in the phases of the quiet window. The caller proves quiet, at both ends of the
 * window: before it calls `capture` or `swap`, and by the effect `stillQuiet` that it gives them. This port copies, and
 * asks for the second proof before the result counts.
 *
 * Contract, checked by `test/conformance/SnapshotSuite.ts`:
 * - LAW-1: `capture` runs `stillQuiet` when the archives are written and on disk, before it publishes; it failing means
 *   that nothing is published and nothing is left. `swap` runs it when the staged trees are in, before it notes that; it
 *   failing (or a crash before the note) means that what was put in is not trusted: `stage` stages it afresh, and the
 *   next `swap` sets the doubtful tree aside as well, beside the data that it replaced (`<volume>~2`). One exception:
 *   where the volume's folder is itself a mount, the next `swap` asks for the proof again and takes what is there.
 * - LAW-4: a snapshot is whole and on disk (files, folders, syncfs) before `capture` returns; it appears under its
 *   final name by one rename, and `<app>/snapshot` moves to it by one rename. A crash leaves the one before untouched.
 * - LAW-3: `stage` verifies every archive against its checksums and unpacks beside the volume; nothing of the volume is
 *   touched before all are staged. `swap` renames; what it replaces is set aside, never deleted.
 * - LAW-15: `prepare` and `capture` refuse a filter that leaves out all of a volume or a database, or a part of one. What
 *   was left out of a snapshot is in its meta.
 * - LAW-11: what is restored equals what was captured. What cannot be kept is refused by `prepare`, before any downtime.
 * - LAW-13: names and links inside a volume or an archive never lead outside it.
 * - All methods are idempotent for the same id / attempt; leftovers of an interrupted call are cleared by the next.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, EffectiveApp, Volume } from "../domain/App.ts"
import { advise, nextText } from "../domain/Next.ts"
import type { Ref } from "../domain/Ref.ts"
import type { NotQuiet, RuntimeError } from "../runtime/Runtime.ts"

/** One archive of a snapshot. `crc` is taken in the quiet window (POSIX `cksum`), `sha256` after it (null: not yet). */
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
  /** The filter that was applied: what a restore will not bring back. */
  include: Schema.Array(Schema.String),
  exclude: Schema.Array(Schema.String),
  /** What it left out, with what it was at the time. Missing: nobody measured it. */
  leftOut: Schema.optionalKey(Schema.Struct({ files: Schema.Int, bytes: Schema.Int }))
})
export type Archive = typeof Archive.Type

/** `meta.json`. The first six fields are the seed's; the rest is what a whole restore needs. */
export const SnapshotMeta = Schema.Struct({
  recipe: Schema.String,
  domain: Schema.String,
  commit: Schema.NullOr(Schema.String),
  version: Schema.NullOr(Schema.String),
  ts: Schema.String,
  volumes: Schema.Array(Schema.String),
  format: Schema.Literal(1),
  id: Schema.String,
  app: Schema.String,
  runtime: Schema.String,
  stack: Schema.String,
  /** Name of the copied env file inside the snapshot (0600), or null. */
  env: Schema.NullOr(Schema.String),
  archives: Schema.Record(Schema.String, Archive)
})
export type SnapshotMeta = typeof SnapshotMeta.Type

export interface Prepared {
  readonly volumes: ReadonlyArray<{ readonly name: string; readonly bytes: number; readonly entries: number }>
  /** Bytes that the peak needs: this snapshot, and a staged tree beside the volumes for the way back. */
  readonly needBytes: number
  readonly freeBytes: number
}

/** How the proof of quiet fails: passed through as it is. */
export type UnprovenQuiet = NotQuiet | RuntimeError

export interface CaptureRequest {
  readonly id: string
  readonly of: Ref
  readonly ts: string
  readonly envFile: string | null
  readonly volumes: ReadonlyArray<Volume>
  /** LAW-1: proves that nothing could write up to now. */
  readonly stillQuiet: Effect.Effect<void, UnprovenQuiet>
}

export interface RestoreRequest {
  readonly id: string
  readonly attempt: string
  readonly volumes: ReadonlyArray<Volume>
  /** What of the snapshot is not put back, by name: it is not the app's any more. Absent: all of it is. */
  readonly leaves?: (name: string) => boolean
}

export interface SwapRequest extends RestoreRequest {
  /** LAW-1: proves that nothing could write up to now. */
  readonly stillQuiet: Effect.Effect<void, UnprovenQuiet>
}

/** Where a restore put, or will put, the data that it replaces. */
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
    return nextText(this.app, advise`${{ do: "Snapshots" }} lists what there is`)
  }
  override get message() {
    return `${this.app} has no snapshot ${this.snapshot}${this.known.length > 0 ? ` (there are: ${this.known.join(", ")})` : ""}`
  }
}

/** The snapshot is there but not whole: truncated, changed, incomplete. Nothing was touched. */
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

/** The data cannot be snapshotted or restored: no room, a path too long, a volume gone, a tool failed. */
export class SnapshotFailed extends Schema.TaggedError<SnapshotFailed>()("SnapshotFailed", {
  app: Schema.String,
  operation: Schema.String,
  reason: Schema.String,
  next: Schema.String,
  /** There is too little room: what is missing can be freed. */
  noRoom: Schema.optionalKey(Schema.Boolean),
  /** A filter leaves out what a rollback could not do without (LAW-15). */
  gate: Schema.optionalKey(Schema.Literals(["filter"]))
}) {
  override get message() {
    return `${this.operation} of ${this.app} failed: ${this.reason}`
  }
}

export class SnapshotStore extends Context.Service<
  SnapshotStore,
  {
    /** App up. Measures the volumes, checks room for the peak and what cannot be kept. Writes nothing that lasts. */
    readonly prepare: (app: EffectiveApp, volumes: ReadonlyArray<Volume>) => Effect.Effect<Prepared, SnapshotFailed>
    /** App down, quiet. Writes, syncs and publishes the snapshot `id`. Done already: returns what is there. */
    readonly capture: (
      app: EffectiveApp,
      request: CaptureRequest
    ) => Effect.Effect<SnapshotMeta, SnapshotFailed | UnprovenQuiet>
    /** App up again. Adds SHA-256 to every archive of the meta (atomically). Sealed already: returns what is there. */
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
    /** App up or down. Verifies and unpacks the snapshot beside the volumes. Changes no volume. Staged already: a look. */
    readonly stage: (
      app: App,
      request: RestoreRequest
    ) => Effect.Effect<SnapshotMeta, SnapshotMissing | SnapshotDamaged | SnapshotFailed>
    /** App down, quiet. Sets the volumes' data aside and puts the staged trees in its place. */
    readonly swap: (
      app: App,
      request: SwapRequest
    ) => Effect.Effect<ReadonlyArray<SetAside>, SnapshotFailed | UnprovenQuiet>
    /** Removes what `stage` left for an attempt and was not swapped in. */
    readonly unstage: (app: App, attempt: string, volumes: ReadonlyArray<Volume>) => Effect.Effect<void, SnapshotFailed>
    /** Oldest first; only whole, published ones. */
    readonly list: (app: App) => Effect.Effect<ReadonlyArray<SnapshotMeta & { readonly bytes: number }>, SnapshotFailed>
    /** Path of the env file that a snapshot holds; null: it holds none. */
    readonly envFile: (app: App, id: string) => Effect.Effect<string | null, SnapshotMissing | SnapshotFailed>
    /** The snapshot that `<app>/snapshot` points to. */
    readonly current: (app: App) => Effect.Effect<string | null, SnapshotFailed>
    readonly remove: (app: App, id: string) => Effect.Effect<void, SnapshotFailed>
    /** Removes what was set aside by an attempt, for good. */
    readonly removeAside: (
      app: App,
      attempt: string,
      volumes: ReadonlyArray<Volume>
    ) => Effect.Effect<void, SnapshotFailed>
  }
>()("lastgood/snapshot/SnapshotStore") {}
