import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { exampleApp } from "../../../plugins/src/testkit.ts"
import { notedTarget } from "../../src/engine/notes.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { adopted, given, offer, upgradeCommand, v1 } from "../domain/given.ts"
import { tempFolder, write } from "../version/recipe.ts"

const app = { ...exampleApp("shop"), releaseNotes: "hold", stage: "effective", extension: null } as const
const offers = [v1.version, "1.1.0+1", "1.2.0+1", "1.3.0+1"].map((version) => offer(version))

/** The release notes that each version has in its own files. */
const noted = (notes: Readonly<Record<string, Readonly<Record<string, string>>>>, accepted = false) =>
  Effect.gen(function* () {
    const folder = yield* tempFolder
    for (const [version, own] of Object.entries(notes)) {
      for (const [of, text] of Object.entries(own)) yield* write(join(folder, version, "release", of), text)
    }
    const releases = Layer.mock(VersionSource)({
      preview: (_, { version, commit }) =>
        Effect.succeed({ version, commit, dir: join(folder, version), envFile: null })
    })
    const question = { ...upgradeCommand({ offers }), policy: "major" as const }
    return yield* Effect.provide(notedTarget(app, given(adopted()), question, accepted), releases)
  })

const asks = "You must add a secret first."

describe("the version that release notes allow", () => {
  /** Verifies: LAW-14 */
  it.effect("is checked for its own notes as well", () =>
    Effect.gen(function* () {
      const found = yield* noted({
        "1.3.0+1": { "1.3.0+1": asks },
        "1.2.0+1": { "1.2.0+1": asks },
        "1.1.0+1": { "1.1.0+1": "A new logo." }
      })
      assert.strictEqual(found.target?.version, "1.1.0+1")
      assert.strictEqual(found.note?.version, "1.2.0+1")
    })
  )

  /** Verifies: LAW-14 */
  it.effect("is none if every note asks for work", () =>
    Effect.gen(function* () {
      const each = ["1.1.0+1", "1.2.0+1", "1.3.0+1"].map((version) => [version, { [version]: asks }])
      const found = yield* noted(Object.fromEntries(each))
      assert.isNull(found.target)
      assert.strictEqual(found.note?.version, "1.1.0+1")
    })
  )

  it.effect("is the newest if the operator accepted the notes, and names those notes", () =>
    Effect.gen(function* () {
      const found = yield* noted({ "1.3.0+1": { "1.3.0+1": asks, "1.2.0+1": "A new logo." } }, true)
      assert.strictEqual(found.target?.version, "1.3.0+1")
      assert.deepStrictEqual(found.acceptedNotes, ["1.3.0+1"])
    })
  )
})
