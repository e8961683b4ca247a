/** A volume that is one file. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type { Volume } from "../../src/domain/App.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import * as FolderIdentity from "../../src/snapshot/FolderIdentity.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, makeVolume } from "./fixture.ts"
import { end, member } from "./tarBytes.ts"

/** An archive of one file has no root. */
const tarOf = (...members: ReadonlyArray<Buffer>): Buffer => Buffer.concat([...members, end])

const fileAt = (path: string): Volume => ({ ...makeVolume(path, path), kind: "file" })

const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const path = join(folder, "acme.json")
  fs.writeFileSync(path, "one", { mode: 0o640 })
  fs.utimesSync(path, 1000, 1000.5)
  fs.writeFileSync(join(folder, "beside"), "not ours")
  const data = makeVolume(join(folder, "data"))
  fs.mkdirSync(data.path)
  const app = makeApp(join(folder, "root/notes"))
  const volumes = [data, fileAt(path)]
  const store = yield* SnapshotStore
  const request = (id: string) => ({
    ...{ id, of: { version: "1.0.0", commit: "c" }, ts: "2026-01-02T03:04:05.000Z", envFile: null },
    ...{ volumes, stillQuiet: Effect.void }
  })
  return { app, folder, path, request, store, volumes }
})

const put = Effect.fnUntraced(function* ({ app, store, volumes }: Effect.Success<typeof scene>, attempt: string) {
  const asked = { id: "s1", attempt, volumes }
  yield* store.stage(app, asked)
  return yield* store.swap(app, { ...asked, stillQuiet: Effect.void })
})

describe("A data file", () => {
  /** Verifies: LAW-3, LAW-11 */
  it.live("comes back as it was, and what replaced it is set aside", () =>
    Effect.gen(function* () {
      const here = yield* scene
      const { app, folder, path, request, store, volumes } = here
      const before = fs.statSync(path)
      yield* store.prepare(app, volumes)
      const meta = yield* store.capture(app, request("s1"))
      assert.strictEqual(meta.archives[path]?.kind, "file")
      yield* store.seal(app, "s1")
      fs.rmSync(path)
      fs.writeFileSync(path, "two")
      const aside = yield* put(here, "a1")
      const after = fs.statSync(path)
      assert.strictEqual(fs.readFileSync(path, "utf8"), "one")
      assert.deepStrictEqual(
        [after.mode, after.uid, after.gid, after.mtimeMs],
        [before.mode, before.uid, before.gid, before.mtimeMs]
      )
      const replaced = aside.find(({ name }) => name === path)?.path ?? ""
      assert.strictEqual(fs.readFileSync(replaced, "utf8"), "two")
      assert.strictEqual(fs.readFileSync(join(folder, "beside"), "utf8"), "not ours")
      yield* store.removeAside(app, "a1", volumes)
      assert.isFalse(fs.existsSync(replaced))
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    }).pipe(Effect.provide(layer))
  )

  it.live("that only the failed version made is emptied", () =>
    Effect.gen(function* () {
      const here = yield* scene
      const { app, path, request, store, volumes } = here
      yield* store.capture(app, { ...request("s1"), volumes: volumes.slice(0, 1) })
      yield* put(here, "a1")
      assert.deepStrictEqual([fs.readFileSync(path, "utf8"), fs.statSync(path).mode & 0o777], ["", 0o640])
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-13 */
  it.live("is refused where a link or a folder is in its place", () =>
    Effect.gen(function* () {
      const here = yield* scene
      const { app, folder, path, request, store, volumes } = here
      yield* store.capture(app, request("s1"))
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      fs.rmSync(path)
      fs.symlinkSync(join(folder, "beside"), path)
      const refusals = [
        yield* Effect.flip(store.prepare(app, volumes)),
        yield* Effect.flip(store.capture(app, request("s2"))),
        yield* Effect.flip(store.swap(app, { id: "s1", attempt: "a1", volumes, stillQuiet: Effect.void }))
      ]
      for (const { message } of refusals) assert.match(message, /expected a file at .*found a symlink/)
      assert.strictEqual(fs.readFileSync(join(folder, "beside"), "utf8"), "not ours")
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-3, LAW-13 */
  it.live("is not replaced by what a malicious archive has in its place", () =>
    Effect.gen(function* () {
      const { app, folder, path, request, store, volumes } = yield* scene
      fs.writeFileSync(join(folder, "precious"), "not ours")
      const name = "acme.json"
      const evil = {
        "a link": tarOf(member({ name, type: "2", link: join(folder, "precious") })),
        "a folder": tarOf(member({ name: `${name}/`, type: "5" }), member({ name: `${name}/x`, body: "evil" })),
        "a device": tarOf(member({ name, type: "3" })),
        "a name that leads out": tarOf(member({ name: `../${name}`, body: "evil" }))
      }
      for (const [i, [what, bytes]] of Object.entries(evil).entries()) {
        const id = `s${i}`
        const meta = yield* store.capture(app, request(id))
        const described = meta.archives[path] ?? assert.fail()
        const snapshot = join(app.dir, "snapshots", id)
        fs.writeFileSync(join(snapshot, described.file), bytes)
        const crc = execFileSync("cksum", [join(snapshot, described.file)])
          .toString()
          .split(" ", 1)[0]
        const changed = { ...meta, archives: { ...meta.archives, [path]: { ...described, bytes: bytes.length, crc } } }
        fs.writeFileSync(join(snapshot, "meta.json"), JSON.stringify(changed))
        const asked = { id, attempt: `a${i}`, volumes }
        const put = Effect.andThen(store.stage(app, asked), store.swap(app, { ...asked, stillQuiet: Effect.void }))
        assert.strictEqual((yield* Effect.exit(put))._tag, "Failure", what)
        assert.deepStrictEqual([fs.lstatSync(path).isFile(), fs.readFileSync(path, "utf8")], [true, "one"], what)
        assert.strictEqual(fs.readFileSync(join(folder, "precious"), "utf8"), "not ours")
      }
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-15 */
  it.live("is known again by its inode and by what it holds", () =>
    Effect.gen(function* () {
      const { app, path } = yield* scene
      const identity = yield* DataIdentity
      const look = Effect.map(identity.look(app, [fileAt(path)]), ([one]) => one)
      yield* identity.mark(app, [fileAt(path)], { app: "notes", mark: "m", version: "1", at: "2026" })
      const seen = yield* look
      assert.deepStrictEqual([seen?.held, seen?.mark?.mark], [true, "m"])
      fs.writeFileSync(path, "")
      assert.isFalse((yield* look)?.held)
      fs.rmSync(path)
      assert.isNull((yield* look)?.inode)
    }).pipe(Effect.provide([layer, FolderIdentity.layer]))
  )
})
