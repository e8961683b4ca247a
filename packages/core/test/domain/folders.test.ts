import { assert, describe, it } from "@effect/vitest"
import type { DataAnswer } from "../../src/domain/App.ts"
import { lostData } from "../../src/domain/drift.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import {
  butExternal,
  externalVolumeAnswers,
  isAmong,
  isAnsweredOwn,
  isExternal,
  isOfVolume,
  ownFolders,
  volumeText
} from "../../src/domain/folders.ts"
import { initialStateOf } from "../../src/domain/State.ts"

const answered = (answers: Readonly<Record<string, DataAnswer>>) => ({ data: new Map(Object.entries(answers)) })

const after = (...events: ReadonlyArray<Event>) =>
  events.reduce(
    (state, event, i) => evolve(state, { version: i + 1, at: "2026", attempt: null, event }),
    initialStateOf("shop")
  )

describe("Data folders", () => {
  it("are what the nearest answer says", () => {
    const app = answered({ "/srv": "external", "/srv/shop": "own" })
    assert.deepStrictEqual(
      ["/srv/media", "/srv/shop/data", "/srv2", "/data"].map((path) => [
        isExternal(app, path),
        isAnsweredOwn(app, path)
      ]),
      [
        [true, false],
        [false, true],
        [false, false],
        [false, false]
      ]
    )
    assert.deepStrictEqual(ownFolders(app, ["/srv/media", "/srv/shop", "/data"]), ["/srv/shop", "/data"])
  })

  it("leave room for answers about volumes", () => {
    const app = answered({ "volume:photos": "own", "volume:cache": "external", "redis:/data": "external" })
    assert.deepStrictEqual(
      ["photos", "cache", "other"].map((name) => [isExternal(app, name), isAnsweredOwn(app, name)]),
      [
        [false, true],
        [true, false],
        [false, false]
      ]
    )
    assert.deepStrictEqual(externalVolumeAnswers(app), ["volume:cache", "redis:/data"])
    assert.deepStrictEqual(["volume:photos", "redis:/data", "web-1:/v"].map(isOfVolume), [true, true, true])
    assert.deepStrictEqual(["/srv/a:b", "./redis:/data", "volumes", "volume:", "C:data"].map(isOfVolume), [
      ...[false, false, false, false, false]
    ])
  })

  it("are named by their paths", () => {
    assert.strictEqual(volumeText("shop_data"), "volume shop_data")
    assert.strictEqual(volumeText("/srv/data"), "data folder /srv/data")
    assert.strictEqual(butExternal([]), "")
    assert.strictEqual(butExternal(["/a", "/b"]), ", without what is external (/a, /b)")
  })

  it("are told from what was external, whichever is in the other", () => {
    const external = ["/srv/media", "volume:photos", "redis:/data"]
    const names = ["/srv/media", "/srv", "/srv/media/films", "/srv/media2", "photos", "media"]
    assert.deepStrictEqual(
      names.map((name) => isAmong(external, name)),
      [true, true, true, false, true, false]
    )
  })

  /** Verifies: LAW-6 */
  it("are known by the log alone, also those of a snapshot that was found on disk", () => {
    const state = after(
      make("DataFoldersNoted", { paths: ["/srv/data"], external: ["/srv/media"] }),
      make("SnapshotAdopted", {
        ...{ snapshot: "s1", version: "1.0.0", commit: "c", at: "2026", bytes: 1 },
        volumes: ["shop_db", "/srv/files", "/srv/data"]
      })
    )
    assert.deepStrictEqual([state.folders, state.external], [["/srv/data", "/srv/files"], ["/srv/media"]])
  })

  /** Verifies: LAW-15 */
  it("count as lost when they are gone, unless their operator called them external", () => {
    const noted = { inode: "7@1700", created: null, mounted: false, held: true, marked: true }
    const state = after(make("WorldNoted", { services: [], volumes: [{ name: "/srv/data", ...noted }] }))
    assert.deepStrictEqual(lostData(state, { volumes: [] }), [
      "data folder /srv/data is gone (there is no folder of it)"
    ])
    assert.deepStrictEqual(lostData(state, { volumes: [], isExternal: (name) => name === "/srv/data" }), [])
  })
})
