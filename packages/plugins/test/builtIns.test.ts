import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { toLoadedPlugin } from "@lastgood/core/plugin/LoadedPlugin"
import * as Result from "effect/Result"
import { builtIns } from "../src/builtIns.ts"

const notPlugins = ["builtIns.ts", "contract.ts", "inside.ts", "testkit.ts"]

describe("builtIns", () => {
  it("has every plugin of this package", () => {
    const files = readdirSync(fileURLToPath(new URL("../src", import.meta.url)))
    const recipes = files.filter((file) => !notPlugins.includes(file)).map((file) => file.replace(/\.ts$/, ""))
    assert.deepStrictEqual(Object.keys(builtIns).sort(), recipes.sort())
  })

  it.each(Object.entries(builtIns))(
    "has %s for the recipe that it is listed under, and it loads",
    async (recipe, load) => {
      const module = await load()
      const value = typeof module === "object" && module !== null && "default" in module ? module.default : undefined
      const loaded = toLoadedPlugin(recipe, null, value)
      assert.strictEqual(Result.getOrThrow(loaded).shape.recipe, recipe)
    }
  )
})
