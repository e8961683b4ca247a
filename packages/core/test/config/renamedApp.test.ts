import { assert, describe, it } from "@effect/vitest"
import { renamedApp } from "../../src/config/renamedApp.ts"

const text = `# the apps
root: /srv/lastgood   # wiki is not renamed here
apps:
  db: { recipe: ./db, runtime: local }
  # the wiki
  wiki:   # of all
    recipe: ./wiki
    runtime: local
    after: [db]
  "shop":
    recipe: ./shop
    runtime: local
    after:
      - wiki # first
      - db
`

describe("the text of a configuration with another name for an app", () => {
  it("differs in its key and in after of other apps, and nowhere else", () => {
    assert.strictEqual(
      renamedApp(text, "wiki", "handbook"),
      text.replace("  wiki:   #", "  handbook:   #").replace("- wiki #", "- handbook #")
    )
    assert.strictEqual(renamedApp(text, "shop", "store"), text.replace('"shop":', "store:"))
    assert.strictEqual(
      renamedApp(text, "db", "data"),
      text.replace("  db: {", "  data: {").replace("[db]", "[data]").replace("- db", "- data")
    )
  })

  it("quotes a name that YAML would read as something else", () => {
    for (const name of ["12", "1e3", "true", "null", "0x1f", "2026-01-01"]) {
      assert.strictEqual(renamedApp("apps:\n  wiki: {}\n", "wiki", name), `apps:\n  "${name}": {}\n`)
    }
  })

  it("is not made if the key is not written there", () => {
    assert.isNull(renamedApp(text, "other", "handbook"))
    assert.isNull(renamedApp("apps:\n  <<: { wiki: {} }\n", "wiki", "handbook"))
    assert.isNull(renamedApp("apps: [", "wiki", "handbook"))
    assert.isNull(renamedApp("", "wiki", "handbook"))
  })
})
