/**
 * What an app's plugin adds that is code and not data. Plain values that the domain carries and never calls; whoever calls
 * them bounds them in time and takes what they throw or return for anything at all.
 */

import type { Attempt, AttemptKind } from "./Attempt.ts"
import type { PerformedStep } from "./Plan.ts"
import type { Ref } from "./Ref.ts"

/** What code of a plugin may do with the app. */
export interface Inside {
  /** Runs a command in a service's container, as an `exec` check does. Rejects where nothing runs. */
  readonly exec: (
    command: string,
    options?: { readonly service?: string }
  ) => Promise<{ readonly code: number; readonly output: string }>
  /** Aborted when the time is over: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** From which version to which. `from` null: nothing ran before. */
export interface Move {
  readonly from: Ref | null
  readonly to: Ref | null
}

/** Healthy when it returns (a text is what was seen), not healthy when it throws (the message is why). */
export type LookInside = (inside: Inside) => unknown

/** Asked while the app runs, before an upgrade is begun. */
export interface PluginGate {
  readonly name: string
  readonly timeoutMs: number
  /** Nothing: go on. A text, or `{ reason, next }`: not now. */
  readonly ask: (asked: Inside & Move & { readonly trigger: "operator" | "reconciler" }) => unknown
}

export type HookMoment = "before" | "after"

/** The attempt that a hook runs in. */
export interface HookAttempt {
  readonly attempt: string
  /** `deploy`: the app is down when it begins, so there is nothing to run a command in before it was deployed. */
  readonly kind: AttemptKind
  readonly direction: Attempt["direction"]
}

/** Run beside a step of an attempt. After a crash it runs again, as the step does. */
export interface PluginHook {
  readonly step: PerformedStep
  readonly when: HookMoment
  readonly timeoutMs: number
  /** A text that it returns is kept in the log. */
  readonly run: (told: Inside & Move & HookAttempt) => unknown
}

/** Where the code of a plugin runs, if not in lastgood itself. */
export interface PluginHome {
  /** Starts it where it does not run: its start is not a call's own time. Rejects where it cannot be started. */
  readonly start: (signal: AbortSignal) => Promise<unknown>
  /** Why it broke while nobody called it, told once; null: it did not. */
  readonly brokeLater: () => string | null
}

export interface Extension {
  /** The plugin as written in the configuration. */
  readonly plugin: string
  readonly gates: ReadonlyArray<PluginGate>
  readonly hooks: ReadonlyArray<PluginHook>
  /** Values of the app's settings that nothing may repeat (LAW-12). */
  readonly secrets: ReadonlyArray<string>
  readonly home?: PluginHome
}
