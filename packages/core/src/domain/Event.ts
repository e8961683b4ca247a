/**
 * Every fact that lastgood records, as data. A released shape never changes: a new shape is a new `v` with an upcaster
 * (`Upcast.ts`) and a golden fixture (`test/fixtures/events`). Event names are data, never class names.
 */
import * as Schema from "effect/Schema"

const Ref = Schema.Struct({ version: Schema.String, commit: Schema.String })
const RefOrNull = Schema.NullOr(Ref)
const Text = Schema.String
/** Never NaN or infinite: JSON has neither. */
const Count = Schema.Finite
const At = Schema.String

/** What one check of a health gate saw. `firstFailure` and `lastFailure` say what was seen instead of health. */
export const CheckEvidence = Schema.Struct({
  name: Text,
  passed: Schema.Boolean,
  attempts: Count,
  failures: Count,
  lastSeen: Text,
  lastFailure: Schema.NullOr(Text),
  firstPassAt: Schema.NullOr(At),
  lastFailureAt: Schema.NullOr(At)
})
export type CheckEvidence = typeof CheckEvidence.Type

const event = <const T extends string, const V extends number, D extends Schema.Struct.Fields>(
  type: T,
  v: V,
  data: D
) => Schema.Struct({ type: Schema.Literal(type), v: Schema.Literal(v), data: Schema.Struct(data) })

export const AppRegistered = event("AppRegistered", 1, { recipe: Text, runtime: Text, domain: Text, stack: Text })

/** Starts of attempts. `plan` is what this attempt will do, written down so that a newer lastgood can finish it. */
export const UpgradeAttempted = event("UpgradeAttempted", 1, {
  from: RefOrNull,
  to: Ref,
  trigger: Text,
  snapshot: Text,
  plan: Schema.Array(Text)
})
export const DeployAttempted = event("DeployAttempted", 1, {
  from: RefOrNull,
  to: Ref,
  snapshot: Text,
  plan: Schema.Array(Text)
})
export const SnapshotAttempted = event("SnapshotAttempted", 1, {
  of: Ref,
  purpose: Schema.Literals(["manual", "promote"]),
  snapshot: Text,
  plan: Schema.Array(Text)
})
/** `program`: what the command starts, without its arguments (they may hold secrets); null: there is no command. */
export const TryAttempted = event("TryAttempted", 1, {
  from: Ref,
  to: Ref,
  snapshot: Text,
  program: Schema.NullOr(Text),
  plan: Schema.Array(Text)
})
/**
 * The way back: after a failure (inside the attempt that failed), by an operator (its own attempt), or because a try that
 * went well is over. `snapshot` null: the data was never touched, only the version goes back.
 */
export const RollbackStarted = event("RollbackStarted", 2, {
  attempted: RefOrNull,
  lastGood: RefOrNull,
  snapshot: Schema.NullOr(Text),
  by: Schema.Literals(["failure", "operator", "try"]),
  reason: Text,
  plan: Schema.Array(Text)
})
export const AttemptEnded = event("AttemptEnded", 1, {
  outcome: Schema.Literals(["committed", "done", "recovered", "unhealthy", "left-down", "refused", "failed"]),
  why: Text
})

export const UpgradeRefused = event("UpgradeRefused", 1, {
  from: RefOrNull,
  to: Ref,
  gate: Text,
  reason: Text,
  next: Text
})

/** The operator goes on although these versions' release notes ask for work by hand: it is done. */
export const ReleaseNotesAccepted = event("ReleaseNotesAccepted", 1, { version: Text, notes: Schema.Array(Text) })

/** The intent of a step, recorded before it acts. */
export const StepStarted = event("StepStarted", 1, { step: Text, try: Count })
/** The evidence of a step that leaves no fact of its own. */
export const StepDone = event("StepDone", 1, { step: Text })
export const StepFailed = event("StepFailed", 1, { step: Text, error: Text, reason: Text, next: Text })

/** The app is down and its way back goes on by itself once what `waitsFor` names (`room`) is there. Recorded once. */
export const AttemptWaiting = event("AttemptWaiting", 1, { step: Text, waitsFor: Text, reason: Text, next: Text })

/** Code of the app's plugin that ran beside a step. `output`: what it returned, or why it failed. */
export const HookRan = event("HookRan", 1, {
  plugin: Text,
  step: Text,
  when: Schema.Literals(["before", "after"]),
  ok: Schema.Boolean,
  output: Text,
  tookMs: Count
})

export const Prefetched = event("Prefetched", 1, {
  version: Text,
  commit: Text,
  images: Schema.Array(Text),
  volumes: Schema.Array(Schema.Struct({ name: Text, bytes: Count })),
  needBytes: Count,
  freeBytes: Count
})
export const Undeployed = event("Undeployed", 1, { removed: Schema.Array(Text), quietAfterMs: Count })
export const SnapshotTaken = event("SnapshotTaken", 1, {
  snapshot: Text,
  version: Text,
  commit: Text,
  volumes: Schema.Array(Schema.Struct({ name: Text, bytes: Count, crc: Text })),
  bytes: Count,
  quietMs: Count
})
/**
 * What a filter left out of a snapshot: recorded when it is taken, and of an older one when it is staged. `files` null:
 * nobody counted.
 */
export const SnapshotLeftOut = event("SnapshotLeftOut", 1, {
  snapshot: Text,
  volumes: Schema.Array(
    Schema.Struct({
      name: Text,
      include: Schema.Array(Text),
      exclude: Schema.Array(Text),
      files: Schema.NullOr(Count),
      bytes: Schema.NullOr(Count)
    })
  )
})
export const Deployed = event("Deployed", 1, {
  version: Text,
  commit: Text,
  services: Schema.Array(Text),
  tookMs: Count
})
export const DeployFailed = event("DeployFailed", 1, { version: Text, commit: Text, reason: Text, next: Text })
export const HealthPassed = event("HealthPassed", 1, {
  version: Text,
  tookMs: Count,
  checks: Schema.Array(CheckEvidence)
})
export const HealthFailed = event("HealthFailed", 1, {
  version: Text,
  tookMs: Count,
  reason: Text,
  checks: Schema.Array(CheckEvidence)
})
/** Of a try. `code` null: a signal ended it. `output`: the end of what it printed, where it failed. */
export const CommandEnded = event("CommandEnded", 1, {
  ok: Schema.Boolean,
  code: Schema.NullOr(Count),
  signal: Schema.NullOr(Text),
  timedOut: Schema.Boolean,
  tookMs: Count,
  reason: Text,
  output: Text
})
export const UpgradeCommitted = event("UpgradeCommitted", 1, { version: Text, commit: Text, previous: RefOrNull })
export const SnapshotPromoted = event("SnapshotPromoted", 1, {
  version: Text,
  commit: Text,
  snapshot: Schema.NullOr(Text)
})

export const SnapshotStaged = event("SnapshotStaged", 1, { snapshot: Text, volumes: Schema.Array(Text), tookMs: Count })
export const DataSetAside = event("DataSetAside", 1, {
  volumes: Schema.Array(Schema.Struct({ name: Text, path: Text })),
  until: At
})
export const SnapshotRestored = event("SnapshotRestored", 1, {
  snapshot: Text,
  version: Text,
  volumes: Schema.Array(Text),
  quietMs: Count
})
export const RolledBack = event("RolledBack", 1, {
  attempted: RefOrNull,
  lastGood: RefOrNull,
  recovered: Schema.Boolean,
  reason: Text
})
export const RollbackFailed = event("RollbackFailed", 1, {
  attempted: RefOrNull,
  lastGood: RefOrNull,
  leftDown: Schema.Boolean,
  reason: Text,
  next: Text
})

export const VersionQuarantined = event("VersionQuarantined", 1, {
  version: Text,
  commit: Text,
  reason: Text,
  failures: Count,
  /** null: until an operator's `retry` (or a newer version). */
  until: Schema.NullOr(At)
})
export const QuarantineLifted = event("QuarantineLifted", 1, { version: Text })

/** `subject`: what it is about; two alerts of one subject end with the same good news (`alerts.ts`). */
export const AlertRaised = event("AlertRaised", 2, {
  alert: Text,
  subject: Text,
  outcome: Text,
  attempted: RefOrNull,
  lastGood: RefOrNull,
  recovered: Schema.Boolean,
  why: Text,
  next: Text
})
export const AlertDelivered = event("AlertDelivered", 1, { alert: Text, to: Text })
/** What it was about is well again. `by`: what showed it. */
export const AlertResolved = event("AlertResolved", 1, { alert: Text, by: Text })
/** An operator has seen it. */
export const AlertAcknowledged = event("AlertAcknowledged", 1, { alert: Text, by: Schema.NullOr(Text) })
/** Where alerts go from now on, by the sinks' names: a sink is owed what was raised since it was configured. */
export const AlertSinksConfigured = event("AlertSinksConfigured", 1, { sinks: Schema.Array(Text) })

/** Found on disk when the log knew nothing of the app. `at` is when it was taken, by its own word. */
export const SnapshotAdopted = event("SnapshotAdopted", 1, {
  snapshot: Text,
  version: Text,
  commit: Text,
  at: At,
  volumes: Schema.Array(Text),
  bytes: Count
})
export const SnapshotVerified = event("SnapshotVerified", 1, {
  snapshot: Text,
  ok: Schema.Boolean,
  problems: Schema.Array(Text),
  volumes: Schema.Array(Schema.Struct({ name: Text, sha256: Text }))
})
export const SnapshotPruned = event("SnapshotPruned", 1, { snapshot: Text, reason: Text })
export const AsidePruned = event("AsidePruned", 1, { attempt: Text })

/** Between attempts: the app should run and does not, or does not pass its checks. `since`: when that was first seen. */
export const AppUnhealthy = event("AppUnhealthy", 1, {
  version: Text,
  since: At,
  what: Text,
  checks: Schema.Array(Schema.Struct({ name: Text, passed: Schema.Boolean, seen: Text }))
})
/** It is well again. `since`: of the trouble that is over; `by`: whether lastgood brought it back. */
export const AppRecovered = event("AppRecovered", 1, {
  version: Text,
  since: At,
  by: Schema.Literals(["itself", "lastgood"])
})
/**
 * What the runtime and the volumes looked like when the app was last seen healthy: what drift (LAW-16) and lost data
 * (LAW-15) are told by. `config`: a hash. `labelled`: it bore lastgood's labels. `ran`: it was running at that time.
 * `inode`, `created`: null where they say nothing. `marked`: a mark lay beside the data.
 */
export const WorldNoted = event("WorldNoted", 1, {
  services: Schema.Array(
    Schema.Struct({
      name: Text,
      image: Schema.NullOr(Text),
      digest: Schema.NullOr(Text),
      config: Schema.NullOr(Text),
      replicas: Schema.NullOr(Count),
      labelled: Schema.Boolean,
      ran: Schema.Boolean
    })
  ),
  volumes: Schema.Array(
    Schema.Struct({
      name: Text,
      inode: Schema.NullOr(Text),
      created: Schema.NullOr(Text),
      mounted: Schema.Boolean,
      held: Schema.Boolean,
      marked: Schema.Boolean
    })
  )
})
/** The world disagrees with the log: recorded once for each state that it is found in. */
export const DriftDetected = event("DriftDetected", 1, {
  kind: Schema.Literals(["data-missing", "log-behind", "drift"]),
  what: Schema.Array(Text),
  next: Text
})
export const DriftResolved = event("DriftResolved", 1, { kind: Text })
/**
 * By an operator's word (`--without-data`): the app goes on without the data that the log knows of. Its snapshots stay.
 * `left`: another volume still holds data.
 */
export const DataGivenUp = event("DataGivenUp", 1, {
  what: Schema.Array(Text),
  left: Schema.optionalKey(Schema.Boolean)
})
/** Nobody can tell how it ended: an imported log, or an operator's decision about what it left. */
export const AttemptAbandoned = event("AttemptAbandoned", 1, { why: Text })

export const AppHeld = event("AppHeld", 1, { reason: Text, until: Schema.NullOr(At) })
export const AppReleased = event("AppReleased", 1, {})

/**
 * Every event at its newest version, by its type. Adding one here is all it takes for the log to write and read it; its
 * golden fixture is asked for by a test.
 */
const events = {
  AppRegistered,
  UpgradeAttempted,
  DeployAttempted,
  SnapshotAttempted,
  TryAttempted,
  RollbackStarted,
  AttemptEnded,
  UpgradeRefused,
  ReleaseNotesAccepted,
  StepStarted,
  StepDone,
  StepFailed,
  AttemptWaiting,
  HookRan,
  Prefetched,
  Undeployed,
  SnapshotTaken,
  SnapshotLeftOut,
  Deployed,
  DeployFailed,
  HealthPassed,
  HealthFailed,
  CommandEnded,
  UpgradeCommitted,
  SnapshotPromoted,
  SnapshotStaged,
  DataSetAside,
  SnapshotRestored,
  RolledBack,
  RollbackFailed,
  VersionQuarantined,
  QuarantineLifted,
  AlertRaised,
  AlertDelivered,
  AlertResolved,
  AlertAcknowledged,
  AlertSinksConfigured,
  SnapshotAdopted,
  SnapshotVerified,
  SnapshotPruned,
  AsidePruned,
  AppUnhealthy,
  AppRecovered,
  WorldNoted,
  DriftDetected,
  DriftResolved,
  DataGivenUp,
  AttemptAbandoned,
  AppHeld,
  AppReleased
}

type Events = typeof events
export type EventType = keyof Events
type Versions = { readonly [T in EventType]: Events[T]["fields"]["v"]["literal"] }
/** The data of one type of event. */
export type DataOf<T extends EventType> = Events[T]["fields"]["data"]["Type"]
/** The event of one type. */
export interface EventOf<T extends EventType> {
  readonly type: T
  readonly v: Versions[T]
  readonly data: DataOf<T>
}

/** The same schemas: the compiler holds each key to the type that its schema writes, and each type to its version. */
const schemas: {
  readonly [T in EventType]: {
    readonly fields: { readonly type: { readonly literal: T }; readonly v: { readonly literal: Versions[T] } }
  }
} = events

export const Event = Schema.Union(Object.values(events))
export type Event = typeof Event.Type

/** An event of a type or a version that this lastgood does not know: kept, shown raw, ignored by `evolve`. */
export interface UnknownEvent {
  readonly unknown: true
  readonly type: string
  readonly v: number
  readonly data: unknown
}

export const isUnknown = (event: Event | UnknownEvent): event is UnknownEvent => "unknown" in event

/** Makes an event at the newest version of its type, which its schema says: `make("AppReleased", {})`. */
export const make = <T extends EventType>(type: T, data: DataOf<T>): EventOf<T> => ({
  type,
  v: schemas[type].fields.v.literal,
  data
})
