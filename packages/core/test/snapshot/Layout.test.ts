import { assert, describe, it } from "@effect/vitest"
import { fileNameOf, isSafeName, isVolumeName } from "../../src/snapshot/Layout.ts"

/** Verifies: LAW-13 */
describe("File names of volumes", () => {
  it("are readable, short and never the same for two paths", () => {
    const deep = `/srv/${"a/".repeat(500)}data`
    const paths = [
      "/srv/shop/data",
      "/srv/shop-data",
      "/srv/shop/-data",
      "/srv/shop_data",
      "/srv/Größe",
      deep,
      `${deep}2`
    ]
    const names = paths.map(fileNameOf)
    assert.strictEqual(new Set(names).size, paths.length)
    assert.match(names[0] ?? "", /^folder\.srv-shop-data\.[0-9a-f]{12}$/)
    for (const name of names) assert.isTrue(isSafeName(name), name)
    assert.strictEqual(fileNameOf("shop_data"), "shop_data")
  })

  it("are made of plain names and of absolute paths in their shortest form", () => {
    for (const name of ["shop_data", "/srv/data", "/srv/a b"]) assert.isTrue(isVolumeName(name), name)
    for (const name of ["/", "/srv/", "/srv/../etc", "/srv//x", "/srv/a\0b", "/srv/a\nb", "../x", "a/b", ".x", ""]) {
      assert.isFalse(isVolumeName(name), name)
    }
  })
})
