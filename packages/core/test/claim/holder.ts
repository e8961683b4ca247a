/**
 * A lastgood of its own for the tests of the claim: `holder.ts <app dir> <who> [<seconds>] [borrow]`. Prints `held`,
 * or why not, and stays. With seconds it runs a tool for so long, which inherits the claim.
 */

import { Claims } from "@lastgood/core/claim/Claims"
import { layer } from "@lastgood/core/claim/ClaimsFlock"
import { InheritedFds, run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { appAt } from "./app.ts"

const [dir = "", who = "", seconds, borrow] = process.argv.slice(2)

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const program = Effect.gen(function* () {
  const claims = yield* Claims
  const { fd } = borrow === undefined ? yield* claims.hold(appAt(dir), who, 0) : yield* claims.borrow(appAt(dir), who)
  if (seconds === undefined) {
    yield* say("held")
    return yield* Effect.never
  }
  yield* Effect.forkChild(Effect.provideService(run("sleep", [seconds]), InheritedFds, [fd]))
  yield* Effect.sleep(300)
  yield* say("held")
  yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.catch((error) => say(`${error._tag}: ${error.message}; ${"next" in error ? error.next : ""}`)),
  Effect.provide(layer)
)

// Something to wait for: a fiber alone does not keep a process alive.
const alive = setInterval(() => undefined, 60_000)
await Effect.runPromise(program)
clearInterval(alive)
