/** Commands that remove snapshots or set-aside data by name: show it, ask, and remove it. */
import type { App } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import { type Pruning, refusedPruning } from "@lastgood/core/domain/pruning"
import type { AppState } from "@lastgood/core/domain/State"
import { nothingOf } from "@lastgood/core/engine/dryRun"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { withoutAttempt } from "@lastgood/core/engine/report"
import * as Effect from "effect/Effect"
import { carryOut } from "./acting.ts"
import { confirm } from "./confirm.ts"
import { Json } from "./options.ts"
import { unchanged } from "./render/dryRun.ts"
import { visible } from "./render/format.ts"
import { reportText } from "./render/report.ts"
import { print, printJson } from "./Screen.ts"

export interface Removal extends Pruning {
  /** What is removed, with its size; for `--json`. */
  readonly removes: ReadonlyArray<{
    readonly what: "snapshot" | "aside"
    /** Of the snapshot, or of the attempt that set the data aside. */
    readonly id: string
    readonly bytes: number
    /** There is more than was counted. */
    readonly isPartial: boolean
  }>
  /** The same for people. `how`: `will be removed`, or `would be`. */
  readonly lines: (how: string) => ReadonlyArray<string>
  /** What has been removed before, as a sentence; empty: nothing. */
  readonly before: string
}

export interface HowToRemove {
  readonly yes: boolean
  readonly dryRun: boolean
  /** How long to wait for the claim, in milliseconds. */
  readonly wait: number
}

/** Refuses the removal as a whole if a rollback needs a part of it (LAW-4). */
export const removeNamed = Effect.fn("Cli.removeNamed")(function* (
  app: App,
  state: AppState,
  removal: Removal,
  { dryRun, wait, yes }: HowToRemove
) {
  const { asides, before, lines, removes, snapshots } = removal
  const refused = refusedPruning(state, removal)
  if (refused !== null) {
    const next = nextText(app.name, refused.next)
    return yield* new CommandRejected({ app: app.name, reason: refused.reason, next })
  }
  const request = { _tag: "Prune", snapshots, asides, by: "operator" } as const
  if (removes.length > 0 && !dryRun) {
    yield* confirm(lines("will be removed"), yes)
    return yield* carryOut(app.name, request, wait)
  }
  const why = removes.length > 0 ? "would be removed for good" : before || "nothing has to be removed"
  const nothing = withoutAttempt(app.name, state, { outcome: "nothing", why })
  if (dryRun) {
    const action = removes.length > 0 ? "remove" : "nothing"
    const shown = { ...nothingOf(app.name, nothing.running), action, why, removes }
    if (yield* Json) return yield* printJson({ format: 1, dryRun: true, ...shown })
    const text = removes.length > 0 ? lines("would be removed") : [reportText(app, request, nothing, state)]
    return yield* print([...text, unchanged].map(visible).join("\n"))
  }
  if (yield* Json) return yield* printJson({ format: 1, ...nothing })
  yield* print(reportText(app, request, nothing, state))
})
