/** Reads `/proc` with the errors of the Runtime port. */
import * as Effect from "effect/Effect"
import type { RuntimeKind } from "../domain/App.ts"
import { messageOf } from "../domain/messageOf.ts"
import { assertOwnProc } from "../host/Proc.ts"
import { RuntimeUnavailable } from "./Runtime.ts"

/** A read that fails is an error: it must never look like "nothing is there" (LAW-1). */
export const readHost = <A>(runtime: RuntimeKind, see: () => A): Effect.Effect<A, RuntimeUnavailable> =>
  Effect.try({
    try: () => {
      assertOwnProc()
      return see()
    },
    catch: (cause) =>
      new RuntimeUnavailable({
        runtime,
        reason: `cannot read the processes in /proc: ${messageOf(cause)}`,
        next: "mount the /proc of the host or container that lastgood runs in, and check the limit of open files (ulimit -n)"
      })
  })
