/** The work that a first Ctrl-C waits for, by app: a step that keeps the app down, or the rollback of a try. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import { isUnknown } from "@lastgood/core/domain/Event"
import { isPerformed, performed } from "@lastgood/core/domain/Plan"
import * as Context from "effect/Context"

export const Down = Context.Reference<Map<string, string>>("lastgood/cli/Down", { defaultValue: () => new Map() })

const keepsDown = (event: Event | UnknownEvent): boolean =>
  !isUnknown(event) && event.type === "StepStarted" && isPerformed(event.data.step) && !performed[event.data.step].appUp

/** A step lasts from its intent to the next event. A try lasts from its beginning to its end, because it is rolled back. */
export const follow = (down: Map<string, string>, app: string, event: Event | UnknownEvent): void => {
  const back = `the rollback of ${app} to its last good version`
  if (isUnknown(event)) return
  if (event.type === "TryAttempted") down.set(app, back)
  else if (event.type === "AttemptEnded") down.delete(app)
  else if (down.get(app) === back) return
  else if (keepsDown(event)) down.set(app, `the step that keeps ${app} down`)
  else down.delete(app)
}
