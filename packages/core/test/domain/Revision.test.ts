import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseRevision, revisionText, stampOf } from "../../src/domain/Revision.ts"
import { changeBetween, isOlderApp, isVersion, postgresMajor } from "../../src/domain/Version.ts"

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

  it("shows the size of the step of services that have no room", () => {
    const services = (db: string) =>
      new Map([...Array.from({ length: 20 }, (_, i) => [`service-${i}`, "1.0.0"] as const), ["zdb", db] as const])
    const named = (number: number, db: string) => revisionText({ number, id: "4f2a91c", services: services(db) })
    const from = named(1, "16.4")
    assert.isFalse(parseRevision(from)?.services.has("zdb"))
    for (const [db, change] of [
      ["16.4", "patch"],
      ["16.10", "minor"],
      ["17.0", "major"]
    ] as const) {
      assert.strictEqual(changeBetween(from, named(2, db)), change)
      assert.isFalse(isOlderApp(from, named(2, db)))
    }
  })

  it.each([
    ["1-4f2a91c+db.pg=16.4,web=1", "2-4f2a91d+db.pg=17.0,web=1", { service: "db", from: "16", to: "17" }],
    ["1-4f2a91c+db=0.8.0,db.pg=16", "2-4f2a91d+db=0.8.0,db.pg=17", { service: "db", from: "16", to: "17" }],
    ["1-4f2a91c+db.pg=16.4", "2-4f2a91d+db.pg=16.10", null],
    ["1-4f2a91c+db=16.4", "2-4f2a91d+db=17.0", null],
    ["1-4f2a91c", "2-4f2a91d+db.pg=17.0", null],
    ["1.0.0+16", "2.0.0+17", null]
  ])("%s to %s has another PostgreSQL: %j", (from, to, expected) =>
    assert.deepStrictEqual(postgresMajor(from, to), expected)
  )

  it.each([
    ["1-4f2a91c+web=2.0.0", "2-4f2a91d+web=1.9.0", true],
    ["1-4f2a91c+db=16,web=2.0.0", "2-4f2a91d+db=15,web=2.1.0", true],
    ["1-4f2a91c+web=2.0.0", "2-4f2a91d+web=2.1.0", false],
    ["1-4f2a91c+web=20261129T161103Z", "2-4f2a91d+web=20251129T161103Z", false]
  ])("%s to %s goes back in one of its services: %s", (from, to, isBack) =>
    assert.strictEqual(isOlderApp(from, to), isBack)
  )
})
