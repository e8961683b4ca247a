/** Lays one release of a plain folder out again and again, for a test that kills it. Prints the number of each. */
import { join } from "node:path"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { lookingAt } from "./lookingAt.ts"

/** No registry is asked: its only image stays as the recipe names it. */
export const appIn = (folder: string, name: string) =>
  testApp({
    name: "web",
    runtime: "compose",
    recipe: join(folder, "recipe"),
    versions: { kind: "images", rules: [], fixed: ["web"] },
    dir: join(folder, "root", name)
  })

const [folder = "", round = ""] = process.argv.slice(2)
if (import.meta.main) {
  const forever = Effect.gen(function* () {
    const versions = yield* VersionSource
    for (let i = 0; ; i++) {
      const app = appIn(folder, `${round}-${i}`)
      const [offer] = yield* versions.list(app, lookingAt(null))
      if (offer === undefined) return yield* Effect.die("no version is on offer")
      yield* versions.checkout(app, offer, null)
      yield* Effect.sync(() => process.stdout.write(`${i}\n`))
    }
  })
  await Effect.runPromise(forever.pipe(Effect.provide(layer)))
}
