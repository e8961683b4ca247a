/** Whose a data folder is, by the log and by what is on the disk, on real folders. */
import { mkdir, symlink } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make } from "../../src/domain/Event.ts"
import { folderAt } from "../../src/domain/folders.ts"
import { initialStateOf } from "../../src/domain/State.ts"
import { foldersOfOthers } from "../../src/engine/foldersOfOthers.ts"
import { Journal } from "../../src/engine/Journal.ts"
import { layer as eventStore } from "../../src/log/EventStoreMemory.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { layer as identities } from "../../src/snapshot/FolderIdentity.ts"
import { makeApp } from "../snapshot/fixture.ts"

const ports = Layer.mergeAll(Journal.layer.pipe(Layer.provide(eventStore), Layer.provide(layerWebCrypto)), identities)

/** @param paths of the data folders of the app `other`, of which no container is there. */
const withOther = Effect.fnUntraced(function* (
  folder: string,
  paths: ReadonlyArray<string>,
  external: ReadonlyArray<string> = []
) {
  for (const path of paths) yield* Effect.promise(() => mkdir(join(folder, path), { recursive: true }))
  const journal = yield* Journal
  const at = (names: ReadonlyArray<string>) => names.map((name) => join(folder, name))
  const earlier = make("DataFoldersNoted", { paths: at(["earlier"]), external: [] })
  const now = make("DataFoldersNoted", { paths: at(paths), external: at(external) })
  yield* journal.append("other", initialStateOf("other"), null, [earlier, now])
})

const reasonsFor = Effect.fnUntraced(function* (folder: string, path: string, answers: ReadonlyArray<string> = []) {
  const app = {
    ...makeApp(join(folder, "root")),
    name: "wiki",
    data: new Map(answers.map((one) => [join(folder, one), "own" as const]))
  }
  const found = yield* foldersOfOthers(app, [folderAt(join(folder, path))])
  for (const { gate, next } of found) {
    assert.strictEqual(gate, "unanswered-folder")
    assert.include(next, `data: { "${join(folder, path)}": own }`)
  }
  return found.map(({ reason }) => reason.replaceAll(`${folder}/`, ""))
})

/** Verifies: LAW-14 */
describe("a data folder of an app that is down", () => {
  it.live("is asked about by the app that has a folder around it, inside of it, or the same", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      yield* withOther(folder, ["srv/other/data"])
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/other"), [
        "the data folder srv/other contains srv/other/data, a data folder of the app other"
      ])
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/other/data/uploads"), [
        "the data folder srv/other/data/uploads is in srv/other/data, a data folder of the app other"
      ])
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/other/data"), [
        "the data folder srv/other/data is a data folder of the app other too"
      ])
      for (const path of ["srv/other/database", "srv/wiki", "earlier"]) {
        assert.deepStrictEqual(yield* reasonsFor(folder, path), [])
      }
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/other", ["srv"]), [])
    }).pipe(Effect.scoped, Effect.provide(ports))
  )

  it.live("is found by another path that leads to it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      yield* withOther(folder, ["srv/other/data"])
      yield* Effect.promise(() => symlink("srv/other", join(folder, "link")))
      assert.deepStrictEqual(yield* reasonsFor(folder, "link/data/uploads"), [
        "the data folder link/data/uploads is in srv/other/data, a data folder of the app other"
      ])
    }).pipe(Effect.scoped, Effect.provide(ports))
  )

  it.live("is nobody's question if it is external to that app, or if the data has the mark of the one that asks", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      yield* withOther(folder, ["srv/other/data", "srv/media"], ["srv/media"])
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/media/wiki"), [])
      const taken = folderAt(join(folder, "srv/other/data"))
      const mark = { app: "wiki", mark: "a1", version: "1.0.0", at: "2026-03-01T03:00:00.000Z" }
      yield* (yield* DataIdentity).mark(makeApp(join(folder, "root")), [taken], mark)
      assert.deepStrictEqual(yield* reasonsFor(folder, "srv/other/data"), [])
    }).pipe(Effect.scoped, Effect.provide(ports))
  )
})
