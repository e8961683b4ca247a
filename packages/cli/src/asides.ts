/** Data that rollbacks set aside, for `aside` and what removes it. */
import type { App } from "@lastgood/core/domain/App"
import { Journal, streamOf } from "@lastgood/core/engine/Journal"
import { attemptsAfter, noAttempts } from "@lastgood/reconciler/reading/attempts"
import { type StoredAside, storedAsides } from "@lastgood/reconciler/reading/storage"
import * as Effect from "effect/Effect"
import { eachRecorded } from "./history.ts"

export interface ShownAside extends StoredAside {
  readonly app: string
  /** What the attempt was, and why the data was replaced. */
  readonly why: string
}

/** From the log, and the disks for the sizes. Oldest first. */
export const asidesOf = Effect.fn("Cli.asidesOf")(function* (app: App) {
  const state = yield* (yield* Journal).load(app.name)
  if (state.aside.length === 0) return []
  let attempts = noAttempts
  yield* eachRecorded(streamOf(app.name), (recorded) => {
    attempts = attemptsAfter(attempts, recorded, Number.MAX_SAFE_INTEGER)
  })
  const why = (id: string): string => {
    const attempt = attempts.newest.find((one) => one.id === id)
    if (attempt === undefined) return ""
    const { from, kind, to, why: reason } = attempt
    const isBetween = kind === "rollback" && from !== null
    const move = isBetween ? `rollback from ${from} to ${to ?? "?"}` : `${kind} of ${to ?? "?"}`
    return reason === "" ? move : `${move}: ${reason}`
  }
  return (yield* storedAsides(state)).map((aside): ShownAside => ({ app: app.name, ...aside, why: why(aside.attempt) }))
})
