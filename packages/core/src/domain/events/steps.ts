/** The steps of an attempt: the intent before each, and the evidence after it. */
import * as Schema from "effect/Schema"
import { At, Count, event, noted, Text } from "./shape.ts"

/** The evidence of one check of a health gate. `firstFailure` and `lastFailure`: what a failed check saw. */
export const CheckEvidence = Schema.Struct({
  name: Text,
  passed: Schema.Boolean,
  attempts: Count,
  failures: Count,
  lastSeen: Text,
  lastFailure: Schema.NullOr(Text),
  firstPassAt: Schema.NullOr(At),
  lastFailureAt: Schema.NullOr(At)
}).annotate({ identifier: "CheckEvidence" })
export type CheckEvidence = typeof CheckEvidence.Type

const tookMs = noted(Count, "milliseconds")

export const steps = {
  StepStarted: event("StepStarted", 1, "The intent of a step, recorded before it acts.", {
    step: Text,
    try: noted(Count, "1 for the first try")
  }),
  StepDone: event("StepDone", 1, "A step is done that has no event of its own.", { step: Text }),
  StepFailed: event("StepFailed", 1, "A step failed.", {
    step: Text,
    error: noted(Text, "tag of the error"),
    reason: Text,
    next: Text
  }),
  HookRan: event("HookRan", 1, "A hook of the app's plugin ran before or after a step.", {
    plugin: Text,
    step: Text,
    when: Schema.Literals(["before", "after"]),
    ok: Schema.Boolean,
    output: noted(Text, "what it returned, or why it failed"),
    tookMs
  }),
  Prefetched: event(
    "Prefetched",
    1,
    "Everything that the deploy and the snapshot need is on this host, and there is enough free space.",
    {
      version: Text,
      commit: Text,
      images: Schema.Array(Text),
      volumes: Schema.Array(Schema.Struct({ name: Text, bytes: Count })),
      needBytes: Count,
      freeBytes: Count
    }
  ),
  Undeployed: event("Undeployed", 1, "The app is down, and nothing can write to its volumes.", {
    removed: Schema.Array(Text),
    quietAfterMs: noted(Count, "milliseconds until nothing could write")
  }),
  Deployed: event("Deployed", 1, "The runtime started a version; its health gate comes next.", {
    version: Text,
    commit: Text,
    services: Schema.Array(Text),
    tookMs
  }),
  DeployFailed: event("DeployFailed", 1, "The runtime could not start a version.", {
    version: Text,
    commit: Text,
    reason: Text,
    next: Text
  }),
  HealthPassed: event("HealthPassed", 1, "The version passed the health gate.", {
    version: Text,
    tookMs,
    checks: Schema.Array(CheckEvidence)
  }),
  HealthFailed: event("HealthFailed", 1, "The version failed the health gate.", {
    version: Text,
    tookMs,
    reason: Text,
    checks: Schema.Array(CheckEvidence)
  }),
  CommandEnded: event("CommandEnded", 1, "The command of a try ended.", {
    ok: Schema.Boolean,
    code: noted(Schema.NullOr(Count), "its exit code; null: a signal ended it, or it could not be started"),
    signal: Schema.NullOr(Text),
    timedOut: Schema.Boolean,
    tookMs,
    reason: Text,
    output: noted(Text, "the end of its output, if it failed")
  })
}
