import { assert, describe, it } from "@effect/vitest"
import { assets, scriptAsset } from "../../src/pages/assets.ts"
import { script } from "../../src/pages/script.ts"

describe("the script of the pages", () => {
  it("is JavaScript, and needs nothing that the policy of the pages forbids", () => {
    assert.doesNotThrow(() => new Function(script))
    assert.notMatch(script, /\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b/)
  })

  it("has an address that changes with it", () => {
    assert.match(scriptAsset.path, /^\/assets\/script-[\w-]{16}\.js$/)
    assert.strictEqual(new Set(assets.map(({ path }) => path)).size, 3)
  })
})
