/** The pages of `docs/reference` are what the code says, and every command, key and label has a description. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { allKeys } from "./reference/configPage.ts"
import { helpDocs } from "./reference/helpDocs.ts"
import { labels } from "./reference/labelsPage.ts"
import { pages } from "./reference/pages.ts"

const folder = join(import.meta.dirname, "../../docs/reference")

describe("docs/reference", () => {
  it.effect("is what `npm run docs:reference` writes", () =>
    Effect.gen(function* () {
      for (const [name, text] of Object.entries(yield* pages)) {
        assert.strictEqual(readFileSync(join(folder, name), "utf8"), text, name)
      }
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("describes every command, argument and flag", () =>
    Effect.gen(function* () {
      const silent = (yield* helpDocs()).flatMap(({ doc, path }) => [
        ...(doc.description === "" ? [path.join(" ")] : []),
        ...[...doc.flags, ...(doc.args ?? [])]
          .filter(({ description }) => Option.isNone(description))
          .map(({ name }) => [...path, name].join(" "))
      ])
      assert.deepStrictEqual(silent, [])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it("describes every key of the configuration, and every label", () => {
    const silent = [
      ...allKeys().flatMap(({ node, path }) => (node.description === undefined ? [path] : [])),
      ...labels.flatMap(({ meaning, name }) => (meaning === "" ? [name] : []))
    ]
    assert.deepStrictEqual(silent, [])
  })
})
