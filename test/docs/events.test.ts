/** `docs/events.md` is what the schemas say, and each event says what it means. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Event } from "@lastgood/core/domain/Event"
import { eventsPage, meanings } from "./eventsPage.ts"

describe("docs/events.md", () => {
  it("is what `npm run docs:events` writes", () => {
    assert.strictEqual(readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8"), eventsPage())
  })

  it("has every event of the log, each once", () => {
    assert.deepStrictEqual(
      meanings.map(([type]) => type).sort(),
      Event.members.map(({ fields }) => fields.type.literal).sort()
    )
  })

  it.each(meanings)("gives %s a meaning in one sentence of its own", (type, meaning) => {
    assert.match(meaning, /^[A-Za-z].*\.$/)
    assert.notMatch(meaning, /\. /)
    assert.deepStrictEqual(
      meanings.filter(([, other]) => other === meaning).map(([other]) => other),
      [type]
    )
  })
})
