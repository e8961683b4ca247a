/** What the confirm page of an act is made from, and what it tells. Pure. */
import type { AppState } from "@lastgood/core/domain/State"
import { type Html, nothing } from "../html.ts"
import type { Act } from "./Act.ts"
import type { Confirm } from "./confirm.ts"

export interface About {
  readonly act: Act
  readonly state: AppState
}

export type Told = Pick<Confirm, "act" | "title" | "button" | "possible">

/** The act is not possible now. */
export const cannot = (why: string, next = "", details: Html = nothing) => ({ why, next, details })

export const inFlight = cannot("an attempt is in flight, which ends first", "wait for its end")
