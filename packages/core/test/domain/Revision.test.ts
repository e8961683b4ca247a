import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseRevision, revisionText, stampOf } from "../../src/domain/Revision.ts"
import { isOlderApp, isVersion } from "../../src/domain/Version.ts"

describe("a revision", () => {
  it("says its number, what it is, and the version of each service by name", () => {
    const services = new Map([
      ["web", "1.6.0"],
      ["db", "16.4"]
    ])
    const text = revisionText({ number: 7, id: "4f2a91c", services })
    assert.strictEqual(text, "7-4f2a91c+db=16.4,web=1.6.0")
    assert.deepStrictEqual(parseRevision(text)?.services, services)
    assert.isTrue(isVersion(text))
  })

  it.each(["7", "7-", "0-4f2a91c", "7-4F2A91C", "7-4f2a91", "7-4f2a91c+", "7-4f2a91c+a b", "1.0.0-4f2a91c", "7-main"])(
    "is not %j",
    (text) => assert.isNull(parseRevision(text))
  )

  it.prop(
    "fits a file name, and holds no character that a label, a shell or a path would mind",
    [Schema.Array(Schema.Tuple([Schema.String, Schema.String]))],
    ([services]) => {
      const text = revisionText({ number: 1, id: "4f2a91c", services: new Map(services) })
      assert.match(text, /^[A-Za-z0-9._+=,-]{1,200}$/)
      assert.isNotNull(parseRevision(text))
    }
  )

  it("leaves out first what tells no version, where not all services have room", () => {
    const names = Array.from({ length: 12 }, (_, i) => [`service-${i}`, `${i}.0.0`] as const)
    const services = new Map([["a-floating-one", stampOf("2026-11-29T16:11:03.000Z")], ...names])
    const shown = parseRevision(revisionText({ number: 1, id: "4f2a91c", services }))
    assert.isFalse(shown?.services.has("a-floating-one"))
    assert.strictEqual(shown?.services.get("service-0"), "0.0.0")
  })

  it.each([
    ["1-4f2a91c+web=2.0.0", "2-4f2a91d+web=1.9.0", true],
    ["1-4f2a91c+db=16,web=2.0.0", "2-4f2a91d+db=15,web=2.1.0", true],
    ["1-4f2a91c+web=2.0.0", "2-4f2a91d+web=2.1.0", false],
    ["1-4f2a91c+web=20261129T161103Z", "2-4f2a91d+web=20251129T161103Z", false]
  ])("%s to %s goes back in one of its services: %s", (from, to, isBack) =>
    assert.strictEqual(isOlderApp(from, to), isBack)
  )
})
