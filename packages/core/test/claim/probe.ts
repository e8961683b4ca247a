/**
 * `probe.ts <app dir> [<wait ms>]`: takes the claim, prints who is said to hold it, lets it go, and prints it again.
 * Fails when another probe holds the claim of the same app at the same time.
 */
import { mkdirSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import { Claims } from "@lastgood/core/claim/Claims"
import { layer } from "@lastgood/core/claim/ClaimsFlock"
import * as Effect from "effect/Effect"
import { appAt } from "./app.ts"

const [dir = "", waitMs = "0"] = process.argv.slice(2)
const alone = join(dir, "alone")

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

await Effect.runPromise(
  Effect.gen(function* () {
    const claims = yield* Claims
    const app = appAt(dir)
    yield* Effect.gen(function* () {
      yield* claims.hold(app, "probe", Number(waitMs))
      if (waitMs !== "0") {
        yield* Effect.sync(() => mkdirSync(alone))
        yield* Effect.sleep(50)
        yield* Effect.sync(() => rmdirSync(alone))
      }
      yield* say(`held by ${(yield* claims.holder(app))?.who ?? null}`)
    }).pipe(Effect.scoped)
    yield* say(`then ${(yield* claims.holder(app))?.who ?? null}`)
  }).pipe(Effect.provide(layer))
)
