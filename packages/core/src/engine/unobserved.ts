/** Requests that record an operator's decision without observing the app, so that they work even if the engine does not answer. */
import * as Clock from "effect/Clock"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { Actor } from "./Observer.ts"
import type { Finishing, Unobserved } from "./Request.ts"

export const isUnobserved = (request: Finishing): request is Unobserved =>
  ["Hold", "Release", "Withdraw", "Retry", "Acknowledge"].includes(request._tag)

/** The command for `decide`. */
export const unobservedCommand = Effect.fn("Engine.unobservedCommand")(function* (request: Unobserved) {
  const now = yield* Clock.currentTimeMillis
  const asked = { id: yield* (yield* SecureRandom).uuidV7(), now }
  switch (request._tag) {
    case "Hold": {
      const until = request.until ?? (request.forMs === null ? null : now + request.forMs)
      return { _tag: "Hold", ...asked, reason: request.reason, until } as const
    }
    case "Release":
      return { _tag: "Release", ...asked } as const
    case "Withdraw":
      return { _tag: "Withdraw", ...asked, version: request.version } as const
    case "Retry":
      return { _tag: "Retry", ...asked, version: request.version } as const
    case "Acknowledge":
      return { _tag: "Acknowledge", ...asked, alert: request.alert, by: yield* Actor } as const
  }
})
