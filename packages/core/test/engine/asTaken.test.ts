import { assert, describe, it } from "@effect/vitest"
import { make } from "../../src/domain/Event.ts"
import { notAsTaken } from "../../src/engine/asTaken.ts"
import { given, v1 } from "../domain/given.ts"

const volumes = [
  { name: "data", bytes: 10, crc: "123 10" },
  { name: "db", bytes: 20, crc: "456 20" }
]
const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes, bytes: 30, quietMs: 0 })
const adopted = make("SnapshotAdopted", {
  ...{ snapshot: "s1", ...v1, at: "2026-03-01T03:00:00.000Z", bytes: 30 },
  volumes: ["data", "db"]
})
const metaOf = (crcs: Readonly<Record<string, string>>) => ({
  archives: Object.fromEntries(Object.entries(crcs).map(([name, crc]) => [name, { file: `volumes/${name}.tar`, crc }]))
})

/** Verifies: LAW-3, LAW-6 */
describe("a snapshot compared with the log", () => {
  const [record] = given([taken]).snapshots

  it("matches with additional volumes, and if it is not in the log", () => {
    assert.deepStrictEqual(notAsTaken(record, metaOf({ data: "123 10", db: "456 20", more: "7 1" })), [])
    assert.deepStrictEqual(notAsTaken(undefined, metaOf({})), [])
  })

  it("does not match if a volume is missing or its archive differs", () => {
    assert.deepStrictEqual(notAsTaken(record, metaOf({ data: "124 10" })), [
      "volumes/data.tar: expected CRC 123 10, found 124 10",
      "meta.json: expected the captured volume db, found none"
    ])
  })

  it("that was adopted matches by its volumes, whatever their checksums", () => {
    const [old] = given([adopted]).snapshots
    assert.deepStrictEqual(notAsTaken(old, metaOf({ data: "1 1", db: "2 2" })), [])
    assert.lengthOf(notAsTaken(old, metaOf({ data: "1 1" })), 1)
  })

  describe("that a mirror captured", () => {
    const mirrored = { name: "data", bytes: 10, crc: "", manifest: "77" }
    const captured = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [mirrored], bytes: 10, quietMs: 0 })
    const sealed = make("SnapshotVerified", {
      ...{ snapshot: "s1", ok: true, problems: [] },
      volumes: [{ name: "data", sha256: "a".repeat(64), crc: "123" }]
    })
    const metaWith = (crc: string, manifest?: string) => ({
      archives: { data: { file: "volumes/data.tar", crc, ...(manifest === undefined ? {} : { manifest }) } }
    })

    it("matches by the manifest of the mirror, before and after its archive is made", () => {
      const [unsealed] = given([captured]).snapshots
      assert.deepStrictEqual(notAsTaken(unsealed, metaWith("", "77")), [])
      assert.deepStrictEqual(notAsTaken(unsealed, metaWith("123", "77")), [])
      assert.lengthOf(notAsTaken(unsealed, metaWith("", "78")), 1)
      assert.lengthOf(notAsTaken(unsealed, metaWith("123")), 1)
    })

    it("matches by the checksum of its archive too, once that is in the log", () => {
      const [known] = given([captured, sealed]).snapshots
      assert.deepStrictEqual(known?.volumes, [{ name: "data", crc: "123", manifest: "77" }])
      assert.deepStrictEqual(notAsTaken(known, metaWith("123", "77")), [])
      assert.lengthOf(notAsTaken(known, metaWith("124", "77")), 1)
    })

    it("keeps the checksum that the log has, whatever is verified later", () => {
      const other = make("SnapshotVerified", { ...sealed.data, volumes: [{ name: "data", sha256: "", crc: "666" }] })
      const [known] = given([captured, sealed, other]).snapshots
      assert.strictEqual(known?.volumes[0]?.crc, "123")
    })
  })
})
