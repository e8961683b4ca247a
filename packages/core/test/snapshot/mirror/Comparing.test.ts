/** The content of a mirror is compared with its volume, a part of it with each refresh. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { fileNameOf } from "../../../src/snapshot/Layout.ts"
import { ComparedEvery } from "../../../src/snapshot/mirror/Comparison.ts"
import { partsOf } from "../../../src/snapshot/mirror/tree/Comparing.ts"
import { LongestWrite } from "../../../src/snapshot/mirror/tree/Racy.ts"
import { SnapshotStore } from "../../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, temporaryFolder, volumeWith, withMirrors, write } from "../fixture.ts"
import { anyFilesystem, inFolder, mirrorIn } from "./mirror.ts"

const patience = { timeout: 120_000 }

/** Changes one byte, and keeps the size and the mtime. */
const spoil = (file: string, at: number): void => {
  const change = 'printf ! | dd of="$1" bs=1 seek="$2" conv=notrunc status=none'
  const script = `touch -r "$1" "$1.time"; ${change}; touch -r "$1.time" "$1"; rm "$1.time"`
  execFileSync("bash", ["-euc", script, "bash", file, String(at)])
}

const parts = 8
const all = Array.from({ length: parts }, (_, part) => part)

/** Verifies: LAW-11 */
describe("the content of a mirror", patience, () => {
  it.live("is compared once, and completely, in all parts together", () =>
    Effect.gen(function* () {
      const mirror = mirrorIn(yield* anyFilesystem)
      inFolder(
        mirror.volume,
        `for i in $(seq 50); do echo $i > $i; done; ln 1 linked; : > empty; mkdir d; ln -s 1 link`
      )
      inFolder(mirror.volume, `head -c 20M /dev/zero > d/large; head -c 20M /dev/zero > $'d/caf\\351'`)
      yield* mirror.refresh("quiet", -60)
      const found: Array<string> = []
      const compared = Effect.gen(function* () {
        found.length = 0
        for (const part of all) found.push(...(yield* mirror.differing(part, parts)))
        return found.sort().join(" ")
      })
      assert.strictEqual(yield* compared, "")
      spoil(join(mirror.tree, "7"), 0)
      spoil(join(mirror.tree, "d/large"), 11_000_000)
      fs.rmSync(join(mirror.tree, "9"))
      assert.strictEqual(yield* compared, "./7 ./9 ./d/large")
      for (let piece = 0; piece < 20; piece++) spoil(join(mirror.tree, "d/large"), piece << 20)
      assert.strictEqual((yield* compared).split(" ").filter((path) => path === "./d/large").length, parts)
    })
  )

  it.live("is not compared for a file that the app changed, replaced or removed, also while it is compared", () =>
    Effect.gen(function* () {
      const mirror = mirrorIn(yield* anyFilesystem)
      const names = ["changed", "replaced", "removed", "folder/file", "fifo"]
      const files = Object.fromEntries([...names, "meanwhile"].map((name) => [name, "content"]))
      write(mirror.volume, files)
      yield* mirror.refresh("quiet", -60)
      // Deno tells whole seconds.
      if ("Deno" in globalThis) yield* Effect.sleep("1100 millis")
      for (const name of names) spoil(join(mirror.tree, name), 0)
      spoil(join(mirror.volume, "changed"), 0)
      inFolder(mirror.volume, "cp replaced x; touch -r replaced x; mv x replaced; rm removed fifo; mkfifo fifo")
      inFolder(mirror.volume, "mv folder elsewhere; ln -s elsewhere folder")
      spoil(join(mirror.tree, "meanwhile"), 0)
      const touch = () => inFolder(mirror.volume, "touch -r meanwhile meanwhile")
      for (const part of all) assert.deepStrictEqual(yield* mirror.differing(part, parts, touch), [])
    })
  )

  it("is compared in 8 parts, or in more of at most 1 GiB and 50,000 entries", () => {
    assert.deepStrictEqual(
      [
        { bytes: 0, entries: 1 },
        { bytes: 8 * 2 ** 30, entries: 400_000 },
        { bytes: 100 * 2 ** 30, entries: 9 },
        { bytes: 9, entries: 1_000_001 }
      ].map(partsOf),
      [8, 8, 100, 21]
    )
  })
})

/** Verifies: LAW-11 */
describe("a mirror whose content differs", patience, () => {
  const scene = Effect.gen(function* () {
    const folder = fs.realpathSync(yield* temporaryFolder())
    const app = withMirrors(makeApp(join(folder, "root/notes")))
    const volume = volumeWith(join(folder, "volumes/data/_data"), { marker: "one", "deep/file": "x".repeat(10_000) })
    const home = join(app.dir, "mirror", fileNameOf(volume.name))
    const store = yield* SnapshotStore
    const warnings: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void warnings.push(String(message)))])
    const refresh = store.refresh(app, [volume]).pipe(Effect.provide(logger))
    const compared = () => fs.readFileSync(join(home, "compared"), "utf8")
    /** As a disk does it: without a trace. */
    const rot = () => {
      spoil(join(home, "tree/deep/file"), 5000)
      fs.rmSync(join(home, "stamp"), { force: true })
    }
    return { app, volume, volumes: [volume], home, store, warnings, refresh, compared, rot }
  })

  it.live("is made anew within 8 refreshes, and lastgood warns", () =>
    Effect.gen(function* () {
      const { app, home, refresh, rot, store, volume, volumes, warnings } = yield* scene
      yield* refresh
      rot()
      let refreshes = 0
      const isRotten = () => fs.readFileSync(join(home, "tree/deep/file"), "utf8").includes("!")
      while (isRotten() && refreshes < 20) {
        yield* refresh
        refreshes += 1
        if (isRotten()) fs.rmSync(join(home, "stamp"))
      }
      assert.isAtMost(refreshes, 8)
      assert.match(warnings.join("\n"), /made anew, because its content differs.*"\.\/deep\/file"/)
      yield* store.capture(app, request("s1", volumes))
      fs.rmSync(join(volume.path, "deep/file"))
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
      assert.strictEqual(fs.readFileSync(join(volume.path, "deep/file"), "utf8"), "x".repeat(10_000))
    }).pipe(Effect.provideService(LongestWrite, -60), Effect.provideService(ComparedEvery, 0), Effect.provide(layer))
  )

  it.live("is compared in smaller parts when one takes too long, and in larger ones when that was quick", () =>
    Effect.gen(function* () {
      const { app, compared, refresh, store, volume, volumes } = yield* scene
      // No computer reads a part of it in less than a timer's millisecond.
      inFolder(volume.path, "head -c 256M /dev/zero | tr '\\0' x > large")
      yield* refresh
      const hasNoTime = { ...app, deadlines: { ...app.deadlines, prefetchMs: 1 } }
      for (const expected of ["-1 0 2", "-1 0 4"]) {
        yield* store.refresh(hasNoTime, volumes, "ahead")
        assert.strictEqual(compared(), expected)
      }
      const hasTime = { ...app, deadlines: { ...app.deadlines, prefetchMs: 24 * 3_600_000 } }
      for (const expected of [/^0 \d+ 2$/, /^1 \d+$/, /^2 \d+$/]) {
        yield* store.refresh(hasTime, volumes, "ahead")
        assert.match(compared(), expected)
      }
    }).pipe(Effect.provideService(LongestWrite, -60), Effect.provideService(ComparedEvery, 0), Effect.provide(layer))
  )

  it.live("is compared at most once in 20 hours, and never in the quiet window", () =>
    Effect.gen(function* () {
      const { app, compared, home, refresh, store, volumes } = yield* scene
      yield* refresh
      assert.isFalse(fs.existsSync(join(home, "compared")))
      yield* refresh
      const first = compared()
      assert.match(first, /^0 \d+$/)
      yield* refresh
      assert.strictEqual(compared(), first)
      const yesterday = Date.now() - 21 * 3_600_000
      fs.writeFileSync(join(home, "compared"), `3 ${yesterday}`)
      yield* store.capture(app, request("s1", volumes))
      assert.match(compared(), /^3 /)
      for (const [before, then] of [
        [3, 4],
        [7, 0]
      ]) {
        fs.writeFileSync(join(home, "compared"), `${before} ${yesterday}`)
        yield* refresh
        assert.match(compared(), new RegExp(`^${then} `))
      }
    }).pipe(Effect.provide(layer))
  )
})
