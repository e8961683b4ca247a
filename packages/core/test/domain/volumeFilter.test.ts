/** What is said of filters: what a rollback lacks, and whose filter is for no volume of the app. */
import { assert, describe, it } from "@effect/vitest"
import type { SettledBy } from "../../src/domain/App.ts"
import { butFor, strayFilters, volumeSetting } from "../../src/domain/volumeFilter.ts"
import { makeApp } from "../snapshot/fixture.ts"

/** Verifies: LAW-15 */
describe("a filter", () => {
  it('that left something out is told after "with its data", with how much where that is known', () => {
    const volume = { name: "data", include: [], exclude: ["cache/**"], files: 2, bytes: 8 }
    assert.strictEqual(butFor(undefined), "")
    assert.strictEqual(butFor([]), "")
    assert.include(butFor([volume]), 'except what its snapshot left out (data: exclude ["cache/**"], 2 files;')
    assert.include(butFor([{ ...volume, files: null, bytes: null }]), 'data: exclude ["cache/**"];')
  })

  for (const [by, says] of [
    ["config", "(the configuration)"],
    ["plugin", "(the plugin)"],
    ["label", "(a label of the recipe)"]
  ] as ReadonlyArray<readonly [SettledBy, string]>) {
    it(`for a volume that the app does not have is reported, with its source ${by}`, () => {
      const app = makeApp("/root/notes", {
        data: { include: [], exclude: ["x"] },
        dta: { include: [], exclude: ["y"] }
      })
      const said = { ...app, settledBy: new Map([[volumeSetting("dta"), by]]) }
      assert.deepStrictEqual(strayFilters(said, [{ key: "data" }]), [
        `the filter exclude ["y"] ${says} is for the volume dta, which the app does not have (it has data)`
      ])
    })
  }
})
