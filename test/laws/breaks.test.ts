/** The list of breaks is held to the code: a stale one would prove nothing, silently. `npm run laws` runs them. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { breaks } from "./breaks.ts"
import { repository } from "./copy.ts"

const textOf = (file: string) => readFileSync(join(repository, file), "utf8")

describe("the code of each law", () => {
  it("has breaks for every law", () => {
    const laws = [...textOf("docs/laws.md").matchAll(/^## (LAW-\d+)\b/gm)].map(([, law = ""]) => law)
    assert.sameMembers([...new Set<string>(breaks.map(({ law }) => law))], laws)
  })

  for (const { law, what, file, find, replace, tests } of breaks) {
    it(`${law}, ${what}: can be broken where the list says, and its tests cite the law`, () => {
      assert.strictEqual(textOf(file).split(find).length - 1, 1, `${file}: ${find}`)
      assert.notStrictEqual(find, replace)
      for (const test of tests) assert.isTrue(existsSync(join(repository, test)), test)
      const citing = tests.filter((test) => citations(test).includes(law))
      assert.isNotEmpty(citing, `none of ${tests.join(", ")} cites ${law}`)
    })
  }
})

/** Of a test file and of the conformance suites that it runs. */
const citations = (test: string): ReadonlyArray<string> => {
  const suites = [...textOf(test).matchAll(/from "\.\/(\w+Suite)\.ts"/g)].map((m) => `test/conformance/${m[1]}.ts`)
  return [test, ...suites].flatMap((file) =>
    [...textOf(file).matchAll(/Verifies: ((?:LAW-\d+(?:, )?)+)/g)].flatMap((m) => (m[1] ?? "").split(", "))
  )
}
