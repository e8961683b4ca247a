/**
 * Port (LAW-7): at most one process works on an app at a time.
 *
 * Contract:
 * - The claim is held by the kernel for a live process, and for the tools that it started: a `tar` that outlives a
 *   killed lastgood still keeps others away. It ends with them: after a crash, a reboot, or a reused pid. `hold` ends
 *   such orphans itself, and goes on when they are gone.
 * - What was started as part of the app never holds it: an app outlives lastgood.
 * - `hold` waits up to `waitMs`, then fails with who holds it and how to get past that one.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { App } from "../domain/App.ts"

/** Who works on an app now, and how to get past it. */
export interface Holder {
  /** User, process, command, and since when. */
  readonly who: string
  readonly next: string
}

/** Exit code 75: try later. */
export class Locked extends Schema.TaggedError<Locked>()("Locked", {
  app: Schema.String,
  holder: Schema.String,
  waitedMs: Schema.Number,
  next: Schema.String
}) {
  override get message() {
    return `another lastgood works on ${this.app}: ${this.holder} (waited ${Math.round(this.waitedMs / 1000)} s)`
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

export class Claims extends Context.Service<
  Claims,
  {
    /**
     * Held until the scope closes, and by every tool that was given `fd` for as long as it lives (`InheritedFds` in
     * `process/Tool.ts`). `who` is shown to others: a command line, never a secret.
     */
    readonly hold: (
      app: App,
      who: string,
      waitMs: number
    ) => Effect.Effect<{ readonly fd: number }, Locked | ClaimFailed, Scope.Scope>
    /** Who holds the claim now, for `status` and `doctor`; null: nobody. */
    readonly holder: (app: App) => Effect.Effect<Holder | null, ClaimFailed>
  }
>()("lastgood/claim/Claims") {}
