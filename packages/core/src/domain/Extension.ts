/**
 * The code that an app's plugin adds. Plain values that the domain carries and never calls. A caller limits their time and
 * trusts neither what they return nor what they throw.
 */

import type { Attempt, AttemptKind } from "./Attempt.ts"
import type { PerformedStep } from "./Plan.ts"
import type { Ref } from "./Ref.ts"

/** What the code of a plugin may do with the app. */
export interface Inside {
  /** Runs a command in a service's container, as an `exec` check does. Rejects if the service does not run. */
  readonly exec: (
    command: string,
    options?: { readonly service?: string }
  ) => Promise<{ readonly code: number; readonly output: string }>
  /** Aborted on timeout. The answer is ignored from then on. */
  readonly signal: AbortSignal
}

/** From which version to which. `from` null: nothing ran before. */
export interface Move {
  readonly from: Ref | null
  readonly to: Ref | null
}

/** Healthy when it returns (a text is the evidence), unhealthy when it throws (the message is the reason). */
export type LookInside = (inside: Inside) => unknown

/** Called while the app runs, before an upgrade begins. */
export interface PluginGate {
  readonly name: string
  readonly timeoutMs: number
  /** Nothing: the upgrade may begin. A text, or `{ reason, next }`: it is refused. */
  readonly ask: (asked: Inside & Move & { readonly trigger: "operator" | "reconciler" }) => unknown
}

export type HookMoment = "before" | "after"

/** The attempt that a hook runs in. */
export interface HookAttempt {
  readonly attempt: string
  /** `deploy`: the app is down at first, so a hook before the deploy has no container to run a command in. */
  readonly kind: AttemptKind
  readonly direction: Attempt["direction"]
}

/** Runs before or after a step of an attempt. After a crash it runs again, as the step does. */
export interface PluginHook {
  readonly step: PerformedStep
  readonly when: HookMoment
  readonly timeoutMs: number
  /** The log keeps a text that it returns. */
  readonly run: (told: Inside & Move & HookAttempt) => unknown
}

/** The process that runs the code of a plugin, if it is not lastgood itself. */
export interface PluginHome {
  /** Starts it if it does not run, so that its start does not count towards a call's time. Rejects if it cannot start. */
  readonly start: (signal: AbortSignal) => Promise<unknown>
  /** Why it crashed between calls, returned once; null: it did not. */
  readonly brokeLater: () => string | null
}

export interface Extension {
  /** The plugin as written in the configuration. */
  readonly plugin: string
  readonly gates: ReadonlyArray<PluginGate>
  readonly hooks: ReadonlyArray<PluginHook>
  /** Secret values of the app's settings, which never appear in any output (LAW-12). */
  readonly secrets: ReadonlyArray<string>
  readonly home?: PluginHome
}
