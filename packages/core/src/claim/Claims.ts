/**
 * Port: the claim on an app (LAW-7). At most one process works on an app at a time.
 *
 * Contract:
 * - The kernel holds the claim for a live process and for the tools that it started: a `tar` that outlives a killed
 *   lastgood still keeps others away. The claim ends when they end: after a crash, a reboot, or a reused pid. `hold`
 *   ends such orphans itself and then continues.
 * - A process that was started as part of the app never holds the claim: an app outlives lastgood.
 * - `hold` waits up to `waitMs`, then fails with the holder and what to do about it.
 * - A claim that was borrowed is given back to a process that wants to hold it. `hold` waits for that, also if `waitMs` is 0.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { App } from "../domain/App.ts"

/** Who is working on an app, and what to do about it. */
export interface Holder {
  /** User, process, command, and since when. */
  readonly who: string
  readonly next: string
}

/** Exit code 75: try again later. */
export class Locked extends Schema.TaggedError<Locked>()("Locked", {
  app: Schema.String,
  holder: Schema.String,
  waitedMs: Schema.Number,
  next: Schema.String
}) {
  override get message() {
    return `another lastgood is working on ${this.app}: ${this.holder} (waited ${Math.round(this.waitedMs / 1000)} s)`
  }
}

export class ClaimFailed extends Schema.TaggedError<ClaimFailed>()("ClaimFailed", {
  app: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `cannot claim ${this.app}: ${this.reason}`
  }
}

export interface Borrowed {
  readonly fd: number
  readonly wanted: Effect.Effect<void>
  readonly handedOver: Effect.Effect<void>
}

export class Claims extends Context.Service<
  Claims,
  {
    /**
     * Held until the scope closes, and by every tool that was given `fd` until that tool ends (`InheritedFds` in
     * `process/Tool.ts`).
     *
     * @param who shown to others: a command line, never a secret.
     */
    readonly hold: (
      app: App,
      who: string,
      waitMs: number
    ) => Effect.Effect<{ readonly fd: number }, Locked | ClaimFailed, Scope.Scope>
    /**
     * For work that may be interrupted at any time. Does not wait. Once another lastgood wants to hold the claim, `wanted`
     * ends: the caller ends its work and closes the scope, and `handedOver` ends when the other one holds it, or does not
     * want it any more. `holder` and `holders` tell of no borrower.
     */
    readonly borrow: (app: App, who: string) => Effect.Effect<Borrowed, Locked | ClaimFailed, Scope.Scope>
    /** The holder of the claim, for `status` and `doctor`; null: the app is not claimed. */
    readonly holder: (app: App) => Effect.Effect<Holder | null, ClaimFailed>
    /**
     * The holders of the claims on many apps, by the app's name. The host is searched once for all of them. An app whose
     * claim cannot be read counts as not claimed.
     */
    readonly holders: (apps: ReadonlyArray<App>) => Effect.Effect<ReadonlyMap<string, Holder>>
  }
>()("lastgood/claim/Claims") {}
