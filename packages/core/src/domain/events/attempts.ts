/** Attempts: how each one begins, why it is refused, how it ends. */
import * as Schema from "effect/Schema"
import { nextText } from "../Next.ts"
import { At, Downtime, event, noted, Plan, Ref, RefOrNull, Text } from "./shape.ts"

const snapshot = noted(Text, "id of the snapshot that the attempt takes")

export const attempts = {
  UpgradeAttempted: event("UpgradeAttempted", 1, "An upgrade began.", {
    from: RefOrNull,
    to: Ref,
    trigger: noted(Text, "`operator` or `reconciler`"),
    snapshot,
    plan: Plan
  }),
  DeployAttempted: event(
    "DeployAttempted",
    1,
    "A deploy began: a first install, an app that was down, or a changed env file.",
    {
      from: RefOrNull,
      to: Ref,
      snapshot,
      plan: Plan
    }
  ),
  SnapshotAttempted: event("SnapshotAttempted", 1, "A snapshot or a promote began.", {
    of: Ref,
    purpose: noted(Schema.Literals(["manual", "promote"]), `\`manual\`: \`${nextText(null, { do: "Snapshot" })}\``),
    snapshot,
    plan: Plan
  }),
  TryAttempted: event("TryAttempted", 1, "A try began: an upgrade that is rolled back in any case.", {
    from: Ref,
    to: Ref,
    snapshot,
    // Without its arguments: they may hold secrets.
    program: noted(Schema.NullOr(Text), "the program of the command, without its arguments; null: there is no command"),
    plan: Plan
  }),
  StopAttempted: event("StopAttempted", 1, "An operator stops the app on purpose; it stays down until it is started.", {
    of: noted(Ref, "the version that is stopped"),
    by: noted(Text, "who stops it"),
    plan: Plan
  }),
  RollbackStarted: event(
    "RollbackStarted",
    2,
    "A rollback began: inside the attempt that failed, at the end of a try, or as an operator's own attempt.",
    {
      attempted: RefOrNull,
      lastGood: noted(RefOrNull, "the version to roll back to; null: the app is left down"),
      snapshot: noted(Schema.NullOr(Text), "the snapshot to restore; null: the data stays, only the version changes"),
      by: noted(Schema.Literals(["failure", "operator", "try"]), "`try`: a successful try is over"),
      reason: Text,
      plan: Plan
    }
  ),
  AttemptWaiting: event(
    "AttemptWaiting",
    1,
    "The app is down and its rollback waits, to continue automatically once the wait is over; recorded once.",
    { step: Text, waitsFor: noted(Text, "`room`: free disk space"), reason: Text, next: Text }
  ),
  AttemptEnded: event("AttemptEnded", 1, "The attempt is over.", {
    outcome: Schema.Literals(["committed", "done", "recovered", "unhealthy", "left-down", "refused", "failed"]),
    why: Text,
    downtime: Schema.optionalKey(Downtime)
  }),
  AttemptAbandoned: event(
    "AttemptAbandoned",
    1,
    "The attempt is over with an unknown outcome: the log was imported, or an operator accepted the state that it left.",
    { why: Text }
  ),
  UpgradeRefused: event("UpgradeRefused", 1, "lastgood refused a version before it touched the app.", {
    from: RefOrNull,
    to: Ref,
    gate: noted(Text, "the gate or hazard that refused it"),
    reason: Text,
    next: Text,
    until: Schema.optionalKey(
      noted(At, "when the refusal ends by itself; missing: it does not, or the time is not known")
    )
  }),
  ReleaseNotesAccepted: event(
    "ReleaseNotesAccepted",
    1,
    "An operator confirmed that the manual work in these release notes is done.",
    { version: Text, notes: noted(Schema.Array(Text), "the versions whose notes ask for it") }
  )
}
