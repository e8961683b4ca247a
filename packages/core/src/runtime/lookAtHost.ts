/** Looks at `/proc` with errors in the words of the Runtime port. */
import * as Effect from "effect/Effect"
import type { RuntimeKind } from "../domain/App.ts"
import { messageOf } from "../domain/messageOf.ts"
import { assertOwnProc } from "../host/Proc.ts"
import { RuntimeUnavailable } from "./Runtime.ts"

/** A look that fails is an error: it must never pass for "nothing is there" (LAW-1). */
export const lookAtHost = <A>(runtime: RuntimeKind, see: () => A): Effect.Effect<A, RuntimeUnavailable> =>
  Effect.try({
    try: () => {
      assertOwnProc()
      return see()
    },
    catch: (cause) =>
      new RuntimeUnavailable({
        runtime,
        reason: `/proc does not tell what runs: ${messageOf(cause)}`,
        next: "mount the /proc of the host or container that lastgood runs in, and see that it may open files (ulimit -n)"
      })
  })
