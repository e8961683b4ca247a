import { assert, describe, it } from "@effect/vitest"
import { movedFolder } from "../../src/engine/steps/movedFolder.ts"

/** Verifies: LAW-15 */
describe("a project's data folder in a snapshot", () => {
  it("has moved if the snapshot has it below another folder", () => {
    assert.deepStrictEqual(movedFolder("/srv/wiki", ["/srv/wiki/data"], ["wiki_db", "/home/ada/wiki/data"]), {
      ...{ from: "/home/ada/wiki/data", to: "/srv/wiki/data", home: "/home/ada/wiki" }
    })
  })

  it("has not moved if the snapshot has it, or has nothing like it", () => {
    assert.isNull(movedFolder("/srv/wiki", ["/srv/wiki/data"], ["/srv/wiki/data", "/mnt/old/data"]))
    // The version mounts a folder that it did not mount when the snapshot was taken.
    assert.isNull(movedFolder("/srv/wiki", ["/srv/wiki/data", "/srv/wiki/new"], ["/srv/wiki/data"]))
    // A folder outside of the project has the same path wherever the project is.
    assert.isNull(movedFolder("/srv/wiki", ["/mnt/media"], ["/home/media"]))
  })

  it("has not moved if the version mounts both", () => {
    assert.isNull(movedFolder("/srv/wiki", ["/srv/wiki/data", "/mnt/data"], ["/mnt/data"]))
  })
})
