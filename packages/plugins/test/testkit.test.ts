import { assert, describe, it } from "@effect/vitest"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import { tryPlugin } from "../src/testkit.ts"

describe("tryPlugin", () => {
  it("says why lastgood refuses a plugin", () => {
    const noPath = definePlugin({ recipe: "x", health: () => [{ http: "health" }] })
    const { app, refused } = tryPlugin(noPath)
    assert.isNull(app)
    assert.include(refused, "`[0].http`: expected a URL that starts with http:// or https://")
    assert.include(tryPlugin(definePlugin({ recipe: "" })).refused, "`recipe`: expected the name of a recipe")
  })

  it("says why lastgood refuses the settings", () => {
    assert.include(tryPlugin(definePlugin({ recipe: "x" }), {}, { a: 1 }).refused, "has no settings")
  })
})
