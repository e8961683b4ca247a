/** LAW-17: lastgood does not use a file that another user could have written, unless the operator trusts it by name. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Fault, faultOf, faultText, remedyFor } from "../disk/ownership.ts"

/** Exit code 64. */
export class Untrusted extends Schema.TaggedError<Untrusted>()("Untrusted", {
  /** As in `the root`. */
  what: Schema.String,
  path: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.what} ${this.path} is not used: ${this.reason}`
  }
}

export const untrusted = (what: string, path: string, fault: Fault): Untrusted =>
  new Untrusted({ what, path, reason: faultText(fault), next: remedyFor(fault) })

/** Fails if another user could have written it. */
export const assertOwn = (what: string, path: string): Effect.Effect<void, Untrusted> =>
  Effect.suspend(() => {
    const fault = faultOf(path)
    return fault === null ? Effect.void : Effect.fail(untrusted(what, path, fault))
  })
