/** The apps that a step keeps down right now: what a first Ctrl-C waits for. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import { isUnknown } from "@lastgood/core/domain/Event"
import { isPerformed, performed } from "@lastgood/core/domain/Plan"
import * as Context from "effect/Context"

export const Down = Context.Reference<Set<string>>("lastgood/cli/Down", { defaultValue: () => new Set() })

const keepsDown = (event: Event | UnknownEvent): boolean =>
  !isUnknown(event) && event.type === "StepStarted" && isPerformed(event.data.step) && !performed[event.data.step].appUp

/** From the intent of a step to whatever is recorded next. */
export const follow = (down: Set<string>, app: string, event: Event | UnknownEvent): void => {
  if (keepsDown(event)) down.add(app)
  else down.delete(app)
}
