/** The last good version, and versions that failed. */
import * as Schema from "effect/Schema"
import { nextText } from "../Next.ts"
import { At, Count, event, noted, RefOrNull, Text } from "./shape.ts"

export const outcomes = {
  UpgradeCommitted: event("UpgradeCommitted", 1, "The version passed the health gate and is the last good one.", {
    version: Text,
    commit: Text,
    previous: noted(RefOrNull, "the last good version before it")
  }),
  SnapshotPromoted: event("SnapshotPromoted", 1, "An operator made the running version the last good one.", {
    version: Text,
    commit: Text,
    snapshot: noted(Schema.NullOr(Text), "null: promoted without a snapshot")
  }),
  AppRemoved: event("AppRemoved", 1, "The app is down and removed; its log and snapshots stay.", {
    by: noted(Text, "who removed it"),
    snapshot: noted(Text, "its last snapshot"),
    volumes: noted(Schema.Array(Text), "names of the volumes that are deleted next; none: its data stays")
  }),
  DataRemoved: event("DataRemoved", 1, "Volumes of the removed app were deleted.", {
    volumes: noted(Schema.Array(Text), "names of the volumes")
  }),
  RolledBack: event("RolledBack", 1, "The last good version was started again.", {
    attempted: RefOrNull,
    lastGood: RefOrNull,
    recovered: noted(Schema.Boolean, "it passed the health gate"),
    reason: Text
  }),
  RollbackFailed: event("RollbackFailed", 1, "lastgood gave up the rollback.", {
    attempted: RefOrNull,
    lastGood: RefOrNull,
    leftDown: noted(Schema.Boolean, "lastgood left the app down, on purpose"),
    reason: Text,
    next: Text
  }),
  VersionQuarantined: event("VersionQuarantined", 1, "The version failed and is not tried again automatically.", {
    version: Text,
    commit: Text,
    reason: Text,
    failures: noted(Count, "how often it has failed"),
    until: noted(Schema.NullOr(At), `null: until \`${nextText(null, { do: "Retry" })}\` or a newer version`)
  }),
  QuarantineLifted: event("QuarantineLifted", 1, "The version may be tried again.", { version: Text })
}
