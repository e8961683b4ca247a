/** Records what the watch saw, and alerts that were acknowledged, under the claim. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import type { App } from "../domain/App.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds } from "../process/Tool.ts"
import { deliverAlerts } from "./alerts.ts"
import type { Driver } from "./drive.ts"
import { Journal } from "./Journal.ts"
import { Actor } from "./Observer.ts"
import { eventsOf, type Noted } from "./watch.ts"

export const makeNoting = ({ record }: Pick<Driver, "record">) => {
  const append = Effect.fnUntraced(function* (app: App, noted: Noted, version: number | null) {
    const state = yield* (yield* Journal).load(app.name)
    if (state.renamed !== undefined || (version !== null && version !== state.version)) return false
    const events = eventsOf(state, noted, iso(yield* Clock.currentTimeMillis))
    if (events !== null) yield* record(app, state, null, events)
    return events !== null
  })

  const note = Effect.fn("Engine.note")(function* (app: App, noted: Noted, version: number | null, waitMs = 0) {
    const { fd } = yield* (yield* Claims).hold(app, yield* Actor, waitMs)
    return yield* append(app, noted, version).pipe(
      Effect.ensuring(Effect.ignore(deliverAlerts(app))),
      Effect.provideService(InheritedFds, [fd])
    )
  }, Effect.scoped)

  return { append, note }
}
