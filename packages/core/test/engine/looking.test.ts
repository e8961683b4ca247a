import { assert, describe, it } from "@effect/vitest"
import { fromTags } from "../../src/domain/VersionsFrom.ts"
import { butUnasked } from "../../src/engine/looking.ts"

const upgrade = { _tag: "Upgrade", to: null, trigger: "operator" } as const

describe("an upgrade without a newer version", () => {
  it("says that its source was not asked, if it was not", () => {
    const images = { versions: { kind: "images" } } as never
    assert.include(butUnasked(images, { ...upgrade, fetch: false }), "its registries were not asked")
    assert.include(butUnasked({ versions: fromTags }, { ...upgrade, fetch: false }), "newer ones were not fetched")
    for (const request of [
      { ...upgrade, fetch: true },
      { ...upgrade, fetch: false, to: "1.0.0" },
      { _tag: "Resume" } as const
    ]) {
      assert.strictEqual(butUnasked(images, request), "")
    }
  })
})
