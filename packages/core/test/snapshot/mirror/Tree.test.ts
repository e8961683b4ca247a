/** The mirror's tree follows its volume. What the volume may hold is in test/conformance/MirrorFidelity.test.ts. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { anyFilesystem, filesystem, inFolder, mirrorIn, missingFor } from "./mirror.ts"

const scene = Effect.map(anyFilesystem, mirrorIn)

/** Older than the granularity of the clock, so that a refresh does not copy it again. */
const settled = Effect.sleep("250 millis")

const assertEqual = ({ tree, volume }: { readonly tree: string; readonly volume: string }) =>
  assert.deepStrictEqual(describeTree(tree), describeTree(volume))

/** Other programs write to the disk, too. */
const patience = { timeout: 300_000 }

/** Verifies: LAW-11 */
describe("the tree of a mirror", patience, () => {
  it.live("copies only what changed, and the folders around it", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, `mkdir a b; for i in $(seq 100); do echo $i > a/$i; echo $i > b/$i; done`)
      yield* settled
      const first = yield* mirror.refresh("beside")
      assert.include(first, { entries: 203, bytes: 584, copied: 203, removed: 0, written: 584 })
      inFolder(mirror.volume, `echo changed > a/7; rm b/9; echo new > b/new`)
      const second = yield* mirror.refresh("quiet")
      assert.include(second, { entries: 203, bytes: 592, copied: 5, removed: 1, written: 12 })
      assert.strictEqual(second.manifest, (yield* mirror.manifest)?.crc)
      assertEqual(mirror)
      assert.deepStrictEqual(yield* mirror.problems, [])
    })
  )

  it.live("copies again what changed so shortly before its walk that a write may still have been under way", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file")
      yield* settled
      yield* mirror.refresh("beside", 60)
      // As if the write had ended after the copy: such an end leaves no trace in the volume.
      inFolder(mirror.tree, "touch -r file ../time; echo 0 > file; touch -r ../time file; rm ../time")
      const second = yield* mirror.refresh("quiet")
      assert.include(second, { copied: 2, written: 2 })
      assertEqual(mirror)
      assert.include(yield* mirror.refresh("quiet"), { copied: 0, written: 0 })
    })
  )

  it.live("has a manifest whose checksum changes with the volume", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      assert.isNull(yield* mirror.manifest)
      inFolder(mirror.volume, "echo 1 > file")
      yield* mirror.refresh("quiet")
      const before = yield* mirror.manifest
      assert.strictEqual(before?.entries, 2)
      inFolder(mirror.volume, "echo 2 > file")
      yield* mirror.refresh("quiet")
      assert.notStrictEqual((yield* mirror.manifest)?.crc, before?.crc)
    })
  )

  it.live("follows a change that keeps size and mtime", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file; touch -d '2020-01-01' file")
      yield* settled
      yield* mirror.refresh("quiet")
      inFolder(mirror.volume, "echo 2 > file; touch -d '2020-01-01' file")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
    })
  )

  it.live("copies again what changed just before a refresh", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file")
      yield* mirror.refresh("quiet", 60)
      assert.strictEqual((yield* mirror.refresh("quiet", 60)).copied, 2)
      yield* settled
      yield* mirror.refresh("quiet")
      assert.strictEqual((yield* mirror.refresh("quiet")).copied, 0)
    })
  )

  it.live("copies again what may be written by a write that began before the refresh", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file; touch -d '2020-01-01' file")
      yield* settled
      yield* mirror.refresh("beside", 30)
      assert.strictEqual((yield* mirror.refresh("quiet", 30)).copied, 2)
    })
  )

  it.live("is copied anew after a boot, since a crash may have lost the ctime of a change", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file")
      yield* settled
      yield* mirror.refresh("beside")
      assert.strictEqual((yield* mirror.refresh("beside")).copied, 0)
      inFolder(mirror.home, "echo another > boot")
      assert.strictEqual((yield* mirror.refresh("beside")).copied, 2)
      assert.strictEqual((yield* mirror.refresh("beside")).copied, 0)
    })
  )

  it.live("is brought up to date while folders come and go", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "echo 1 > file; mkdir busy")
      const churn = "while :; do mkdir -p d/{1..30}/{a,b,c}; rm -rf d; done"
      yield* Effect.acquireRelease(
        Effect.sync(() => spawn("bash", ["-c", churn], { cwd: join(mirror.volume, "busy"), detached: true })),
        (started) => Effect.sync(() => process.kill(-(started.pid ?? 0), "SIGKILL"))
      )
      for (let round = 0; round < 15; round++) yield* mirror.refresh("beside")
      assert.strictEqual(inFolder(mirror.tree, "cat file"), "1\n")
    })
  )

  it.live("follows hard links that are added, removed and broken", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "mkdir d; echo 1 > a; ln a b; ln a d/c; echo 2 > x; ln x y; echo 3 > alone")
      yield* settled
      yield* mirror.refresh("quiet")
      for (const change of [
        "ln a d/e",
        "rm b",
        "echo broken > new; mv new d/c",
        "ln -f alone y",
        "echo more >> alone",
        "ln -f x a; ln -f x d/e",
        "mv d renamed",
        "mkdir d; mv renamed d/in"
      ]) {
        inFolder(mirror.volume, change)
        yield* settled
        yield* mirror.refresh("quiet")
        assertEqual(mirror)
        assert.deepStrictEqual(yield* mirror.problems, [])
      }
    })
  )

  it.live("keeps the times of a folder in which only a symlink changed", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "mkdir -p d/e; ln -s /etc d/absolute; ln -s .. d/e/up; touch -d 2001-02-03 d d/e .")
      yield* settled
      yield* mirror.refresh("quiet")
      for (const path of ["d/absolute", "d/e/up", "d/*e*"]) {
        inFolder(mirror.volume, `touch -h -d 2002-02-02 ${path}; touch -d 2003-03-03 d/e`)
        yield* mirror.refresh("quiet")
        assertEqual(mirror)
        assert.deepStrictEqual(yield* mirror.problems, [])
      }
    })
  )

  it.live("follows an entry that becomes one of another type", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "mkdir d d/e; echo 1 > d/e/f; ln -s d link; mkfifo pipe; echo 2 > file")
      yield* mirror.refresh("quiet")
      inFolder(mirror.volume, "rm -r d link pipe file; echo 1 > d; mkdir link file; echo 2 > link/x; ln -s link pipe")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      inFolder(mirror.volume, "rm -r link; ln -s file link; echo 3 > file/x; rm d; mkdir -p d/e; echo 4 > d/e/f")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
    })
  )

  it.live("has no attribute that a folder has lost", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "mkdir -p d/e; echo 1 > d/f; setfattr -n user.a -v 1 d; setfattr -n user.b -v 2 d .")
      yield* settled
      yield* mirror.refresh("quiet")
      inFolder(mirror.volume, "setfattr -x user.b d; setfattr -x user.b .; echo 2 > d/g")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      assert.isFalse(fs.existsSync(join(mirror.home, "anew")))
    })
  )

  it.live("gives a file no ACL that its folder would pass on", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, "mkdir d; setfacl -m d:u:4242:rwx d; echo 1 > d/f")
      yield* mirror.refresh("quiet")
      inFolder(mirror.volume, "echo 2 > plain; mv plain d/plain; echo 3 > d/g")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
    })
  )

  it.live("gives a new folder no set-group-ID bit that its folder would pass on", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      // Also not by the folders around the first copy.
      inFolder(join(mirror.volume, "../.."), "chmod g+s .")
      const modes = "0 100 500 700 711 750 2700 1700"
      const make = (folder: string) =>
        `mkdir -p ${folder}; cd ${folder}; for m in ${modes}; do mkdir $m; mkdir $m/in; echo 1 > $m/in/f; done
         head -c 5M /dev/urandom > 700/in/large; chmod g-s */in; chmod 700 */in
         for m in ${modes}; do chmod g-s $m; chmod $m $m; done`
      inFolder(mirror.volume, `chmod g-s .; ${make("first")}`)
      yield* mirror.refresh("beside")
      assertEqual(mirror)
      inFolder(mirror.volume, "chmod 2775 .; mkdir passes; chmod 2755 passes first")
      yield* settled
      yield* mirror.refresh("beside")
      assertEqual(mirror)
      inFolder(mirror.volume, make("passes"))
      inFolder(mirror.volume, make("first/second"))
      inFolder(mirror.volume, "mkdir private; chmod g-s private; chmod 700 private; echo 1 > passes/f")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      inFolder(mirror.volume, make("passes/third"))
      yield* mirror.refresh("beside")
      assertEqual(mirror)
      // A folder that the manifest lists, and an interrupted refresh has removed.
      inFolder(mirror.tree, "rm -r passes/third private")
      fs.writeFileSync(join(mirror.home, "pending"), "./private\0")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      assert.deepStrictEqual(yield* mirror.problems, [])
    })
  )

  it.live("is told from its manifest when something was changed in it", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      assert.deepStrictEqual(yield* mirror.problems, ["the mirror has no manifest"])
      inFolder(mirror.volume, "mkdir d; echo 1 > d/f; ln d/f g; ln -s x l; head -c 5M /dev/urandom > large")
      yield* mirror.refresh("quiet")
      assert.deepStrictEqual(yield* mirror.problems, [])
      for (const [harm, path] of [
        ["chmod 600 d/f", "./d/f"],
        ["echo 2 > d/new", "./d/new"],
        ["rm l", "./l"],
        ["ln -sfn y l", "./l"],
        ["touch d", "./d"],
        ["cp -p d/f h; mv h g", "./g"],
        ["chown 77:78 d", "./d"],
        ["rm large", "./large"]
      ] as const) {
        inFolder(mirror.tree, harm)
        assert.include((yield* mirror.problems).join("\n"), path)
        // As a refresh that was interrupted there would leave it.
        fs.writeFileSync(join(mirror.home, "pending"), "./d/f\0")
        yield* mirror.refresh("quiet")
        assertEqual(mirror)
        assert.deepStrictEqual(yield* mirror.problems, [])
      }
    })
  )

  it.live("of an empty volume is empty", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      inFolder(mirror.volume, "echo 1 > file; rm file")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
    })
  )

  it.live("follows a volume in which almost everything changed", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, `mkdir a b; (cd a; seq 3000 | xargs touch); (cd b; seq 3000 | xargs touch)`)
      yield* mirror.refresh("quiet")
      inFolder(mirror.volume, `chmod -R g+w a; mv b c; (cd a; seq 1 2 3000 | xargs rm)`)
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
      assert.deepStrictEqual(yield* mirror.problems, [])
    })
  )

  it.live("refuses a path that could not be unpacked", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, `d=$(printf '%0250d' 7); for i in $(seq 17); do mkdir $d; cd $d; done`)
      assert.include((yield* Effect.flip(mirror.refresh("quiet"))).message, "expected at most 4060")
    })
  )
})

/** Verifies: LAW-11 */
describe("a large file in a mirror", patience, () => {
  const large = "dd if=/dev/urandom of=big bs=1M count=9 status=none"

  it.live("is updated in place: grown, shrunk, written to in the middle, and with attributes removed", () =>
    Effect.gen(function* () {
      const mirror = yield* scene
      inFolder(mirror.volume, `${large}; setfattr -n user.a -v 1 big; setfacl -m u:4242:r big; chmod 640 big`)
      yield* settled
      yield* mirror.refresh("beside")
      const inode = fs.statSync(join(mirror.tree, "big")).ino
      for (const [change, isInPlace] of [
        ["printf x | dd of=big bs=1 seek=5000000 conv=notrunc status=none", true],
        ["head -c 700000 /dev/urandom >> big", true],
        ["truncate -s 8000001 big; touch -d '2020-02-02 02:02:02.123456789' big", true],
        ["setfacl -b big; chmod 4755 big; chown 77:78 big; setfattr -n user.b -v 2 big", true],
        ["chmod 6755 big", true],
        ["chmod 640 big; setfacl -m u:4242:r big", true],
        ["chattr +i big; chattr -i big", true],
        ["setfattr -x user.a big; printf y | dd of=big bs=1 seek=1 conv=notrunc status=none", false]
      ] as const) {
        inFolder(mirror.volume, change)
        yield* settled
        yield* mirror.refresh("quiet")
        assertEqual(mirror)
        if (isInPlace) assert.strictEqual(fs.statSync(join(mirror.tree, "big")).ino, inode)
      }
    })
  )

  it.live.skipIf(missingFor("btrfs") !== "")("is copied where its blocks cannot be shared", () =>
    Effect.gen(function* () {
      const mirror = mirrorIn(yield* filesystem("btrfs"))
      inFolder(mirror.volume, "touch big; chattr +C big; dd if=/dev/urandom of=big bs=1M count=9 status=none")
      yield* settled
      yield* mirror.refresh("beside")
      inFolder(mirror.volume, "printf x | dd of=big bs=1 seek=5000000 conv=notrunc status=none")
      yield* mirror.refresh("quiet")
      assertEqual(mirror)
    })
  )

  for (const kind of ["ext4", "xfs", "btrfs"]) {
    const missing = missingFor(kind)
    it.live.skipIf(missing !== "")(`is copied again on ${kind} when an interrupted refresh left something else`, () =>
      Effect.gen(function* () {
        const mirror = mirrorIn(yield* filesystem(kind))
        inFolder(mirror.volume, `mkdir d; cd d; ${large}; dd if=/dev/urandom of=other bs=1M count=5 status=none`)
        yield* settled
        yield* mirror.refresh("quiet")
        for (const harm of [
          "rm d/big",
          "rm -r d",
          "rm d/big; mkdir d/big; echo 1 > d/big/file",
          "rm d/big; ln -s /etc/passwd d/big",
          "rm d/big; mkfifo d/big",
          "ln d/big linked; truncate -s 1 d/big",
          "mv d elsewhere; ln -s elsewhere d"
        ]) {
          inFolder(mirror.tree, harm)
          inFolder(mirror.volume, "printf x | dd of=d/other bs=1 seek=3000000 conv=notrunc status=none")
          fs.writeFileSync(join(mirror.home, "pending"), "./d/other\0")
          yield* mirror.refresh("quiet")
          assertEqual(mirror)
          assert.deepStrictEqual(yield* mirror.problems, [])
        }
      })
    )

    it.live.skipIf(missing !== "")(
      `keeps its holes and its hard links on ${kind}${missing === "" ? "" : ` (${missing})`}`,
      () =>
        Effect.gen(function* () {
          const mirror = mirrorIn(yield* filesystem(kind))
          inFolder(mirror.volume, `${large}; truncate -s 20M big; cp big linked; ln linked other`)
          yield* settled
          yield* mirror.refresh("beside")
          for (const change of [
            "printf x | dd of=big bs=1 seek=15000000 conv=notrunc status=none",
            "printf x | dd of=linked bs=1 seek=5000000 conv=notrunc status=none",
            "rm other; printf y | dd of=linked bs=1 seek=5000000 conv=notrunc status=none",
            "ln big third"
          ]) {
            inFolder(mirror.volume, change)
            yield* mirror.refresh("quiet")
            assertEqual(mirror)
            assert.deepStrictEqual(yield* mirror.problems, [])
          }
        })
    )
  }
})
