import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { stepsTable } from "./stepsTable.ts"

describe("docs/architecture.md", () => {
  it("has the table of steps from the code", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/architecture.md"), "utf8")
    assert.include(page, stepsTable(), "copy this table into docs/architecture.md")
  })
})
