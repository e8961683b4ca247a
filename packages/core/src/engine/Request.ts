/** What a caller asks of the engine, and what it is told. The CLI, the daemon and the tests use these alone. */
import * as Schema from "effect/Schema"
import type { Argv } from "../command/Commands.ts"
import type { Refusal } from "../domain/Decision.ts"
import { nextText } from "../domain/Next.ts"
import type { Outcome, Tried } from "../domain/State.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import type { ImageChange } from "./imageChanges.ts"

/** A command to run beside a version that is tried. In no event: its arguments may hold secrets. */
export interface Asked {
  readonly argv: Argv
  readonly timeoutMs: number
}

export type Request =
  /** `to` null: the newest version that no gate holds back. */
  | {
      readonly _tag: "Upgrade"
      readonly to: string | null
      readonly trigger: "operator" | "reconciler"
      readonly fetch: boolean
      /** true: the work by hand that release notes ask for is done. */
      readonly acceptNotes?: boolean
    }
  /** `to` null: the version that its data belongs to, or the newest one. */
  | {
      readonly _tag: "Deploy"
      readonly to: string | null
      readonly fetch: boolean
      /** true: an operator's word that it goes on without the data that the log knows of (LAW-15). */
      readonly withoutData?: boolean
    }
  | { readonly _tag: "Snapshot" }
  /** `ref`: a tag, branch or commit of the recipe. `command` null: only the health gate is asked. */
  | { readonly _tag: "Try"; readonly ref: string; readonly fetch: boolean; readonly command: Asked | null }
  /** `version` null: what the runtime says, or the log. */
  | {
      readonly _tag: "Promote"
      readonly version: string | null
      readonly capture: boolean
      readonly teardown: boolean
      /** true: an operator's word that what it has now is its data (LAW-15). */
      readonly withoutData?: boolean
    }
  | { readonly _tag: "Rollback"; readonly snapshot: string | null }
  | { readonly _tag: "Restore"; readonly snapshot: string | null }
  /** `forMs` null: until released. */
  | { readonly _tag: "Hold"; readonly reason: string; readonly forMs: number | null }
  | { readonly _tag: "Release" }
  | { readonly _tag: "Retry"; readonly version: string | null }
  /** An operator has seen this alert (its id, or how that begins); empty: the only open one; null: every one. */
  | { readonly _tag: "Acknowledge"; readonly alert: string | null }
  /** Only finish what was begun. */
  | { readonly _tag: "Resume" }

/** What an operator says that needs no look at the world. */
export type Word = Extract<Request, { _tag: "Hold" | "Release" | "Retry" | "Acknowledge" }>

/** A refusal as it is told: with what to do as text. */
export interface ToldRefusal extends Refusal {
  readonly next: string
}

export const tell = (app: string, refusal: Refusal): ToldRefusal => ({
  ...refusal,
  next: nextText(app, refusal.next)
})

export interface Report {
  readonly app: string
  /** `nothing`: there was nothing to do. `recorded`: an operator's word is in the log. */
  readonly outcome: Outcome | "nothing" | "recorded"
  readonly why: string
  readonly next: string
  readonly attempt: string | null
  /** An attempt that an earlier lastgood had begun was finished first. */
  readonly resumed: boolean
  readonly running: string | null
  readonly lastGood: string | null
  /** Of an upgrade: what the recipe says about the versions on the way, oldest first. */
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
  /** Of a try: what was tried, and how its command ended. */
  readonly tried?: Tried
}

/** What an upgrade would do now, and why. */
export interface Preview {
  readonly app: string
  readonly running: string | null
  readonly lastGood: string | null
  /** `resume`: an attempt is in flight and comes first. */
  readonly action: "resume" | "upgrade" | "nothing" | "refused" | "rejected"
  readonly to: string | null
  readonly steps: ReadonlyArray<string>
  readonly why: string
  readonly next: string
  readonly refusal: ToldRefusal | null
  readonly notes: ReadonlyArray<string>
  /** What the recipe says about the versions on the way, oldest first. */
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
  /** What would run in place of what runs. */
  readonly images: ReadonlyArray<ImageChange>
}

/** The command makes no sense for this app now. Nothing was changed. */
export class CommandRejected extends Schema.TaggedError<CommandRejected>()("CommandRejected", {
  app: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.app}: ${this.reason}`
  }
}
