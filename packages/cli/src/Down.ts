/** What a first Ctrl-C waits for, by app: a step that keeps it down, or the way back of a try. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import { isUnknown } from "@lastgood/core/domain/Event"
import { isPerformed, performed } from "@lastgood/core/domain/Plan"
import * as Context from "effect/Context"

export const Down = Context.Reference<Map<string, string>>("lastgood/cli/Down", { defaultValue: () => new Map() })

const keepsDown = (event: Event | UnknownEvent): boolean =>
  !isUnknown(event) && event.type === "StepStarted" && isPerformed(event.data.step) && !performed[event.data.step].appUp

/** A step: from its intent to whatever is recorded next. A try: all of it, since it ends where it began. */
export const follow = (down: Map<string, string>, app: string, event: Event | UnknownEvent): void => {
  const back = `the way back of ${app} to its last good version`
  if (isUnknown(event)) return
  if (event.type === "TryAttempted") down.set(app, back)
  else if (event.type === "AttemptEnded") down.delete(app)
  else if (down.get(app) === back) return
  else if (keepsDown(event)) down.set(app, `the step that keeps ${app} down`)
  else down.delete(app)
}
