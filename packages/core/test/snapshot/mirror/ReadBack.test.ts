/** The archive of a mirror is used only if it has what the manifest lists. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fillTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { whileListed } from "../../../src/snapshot/btrfs/Listed.ts"
import { type Held, hold } from "../../../src/snapshot/Held.ts"
import { archiveFile, fileNameOf } from "../../../src/snapshot/Layout.ts"
import { readBackProblems } from "../../../src/snapshot/mirror/ReadBack.ts"
import { SnapshotStore } from "../../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, temporaryFolder, volumeWith, withMirrors, write } from "../fixture.ts"
import { anyFilesystem, filesystem, inFolder, mirrorIn, missingFor } from "./mirror.ts"

const tarOf = (folder: string, tree: string, args: ReadonlyArray<string>) => {
  const file = join(folder, "made.tar")
  const fidelity = ["--format=posix", "--xattrs", "--xattrs-include=*", "--acls", "--sparse", "--numeric-owner"]
  fs.rmSync(file, { force: true })
  execFileSync("tar", ["--create", ...fidelity, `--file=${file}`, `--directory=${tree}`, ...args])
  return file
}

const problemsOf = (file: string, home: string) =>
  Effect.scoped(Effect.flatMap(hold(fs.realpathSync(home)), (held) => readBackProblems(file, held, "normal")))

const patience = { timeout: 120_000 }

/** Verifies: LAW-11 */
describe("an archive that is read back", patience, () => {
  for (const kind of ["ext4", "xfs", "btrfs"]) {
    const missing = missingFor(kind)
    it.live.skipIf(missing !== "")(`has everything that a volume on ${kind} may hold`, () =>
      Effect.gen(function* () {
        const folder = yield* filesystem(kind)
        const { home, refresh, tree, volume } = mirrorIn(folder)
        fillTree(volume)
        inFolder(
          volume,
          `for t in 1969-12-31T23:59:59.999999999 1969-12-31T23:59:58.5 1901-12-14 2400-01-01 1970-01-01 9999-12-31 12345-06-07; do touch -d "$t" "at $t"; done`
        )
        inFolder(volume, `touch z; chmod 7000 z; ln dangling zz; mkdir s; chmod 7777 s; mknod device c 1 3`)
        yield* refresh("quiet")
        assert.deepStrictEqual(yield* problemsOf(tarOf(folder, tree, ["."]), home), [])
      })
    )
  }

  /** Verifies: LAW-4 */
  it.live(
    "has the hard links of pipes and devices as entries of their own, and is made of a subvolume all the same",
    () =>
      Effect.gen(function* () {
        const home = fs.realpathSync(yield* temporaryFolder())
        const tree = join(home, "tree")
        fs.mkdirSync(tree)
        inFolder(tree, "mkfifo a; ln a b; echo 1 > file; ln file hard; ln -s file link; ln link other")
        const file = tarOf(home, tree, ["."])
        const listed = (held: Held) => whileListed(held, readBackProblems(file, held, "normal"))
        assert.deepStrictEqual(yield* Effect.scoped(Effect.flatMap(hold(home), listed)), [])
        inFolder(tree, "cp hard x; touch -r hard x; mv x hard; touch -r a .")
        assert.match((yield* Effect.scoped(Effect.flatMap(hold(home), listed))).join("\n"), /hard": found "f .*=2/)
      })
  )

  it.live(
    "is refused if an entry is missing, was added, or has another name, type, size, time, mode, owner, target or link",
    () =>
      Effect.gen(function* () {
        const folder = yield* anyFilesystem
        const { home, refresh, tree, volume } = mirrorIn(folder)
        inFolder(volume, "mkdir -p a/b; echo 1 > a/b/file; ln a/b/file a/hard; ln -s a link; echo 2 > one; mkfifo fifo")
        yield* refresh("quiet")
        const whole = fs.readFileSync(tarOf(folder, tree, ["."]))
        for (const [script, args, expected] of [
          [":", ["--exclude=./one", "."], /"\.\/one": found nothing/],
          [":", ["--exclude=./a/hard", "."], /"\.\/a\/hard": found nothing/],
          [":", [".", "./one"], /"\.\/one": /],
          ["touch more", ["."], /"\.\/more": .*expected nothing/],
          ["mv one two", ["."], /"\.\/two": .*expected nothing/],
          ["rm one; mkdir one; touch -r link .", ["."], /"\.\/one": found "d/],
          ["echo 12 > one", ["."], /"\.\/one": found "f 644 0:0 3/],
          ["touch -d '2020-01-01 00:00:00.000000001' one", ["."], /1577836800\.0000000010/],
          ["chmod 4755 one", ["."], /found "f 4755/],
          ["chown 5:6 one", ["."], /found "f 644 5:6/],
          ["ln -sfn b link", ["."], /"\.\/link": .* b"/],
          ["cp -a a/hard x; mv x a/hard", ["."], /"\.\/a\/hard": /],
          ["ln -f one a/hard", ["."], /"\.\/a\/hard": /],
          ["rm fifo; : > fifo", ["."], /"\.\/fifo": found "f/]
        ] as const) {
          const copy = join(folder, "copy")
          inFolder(
            folder,
            `rm -rf copy; cp -a ${tree} copy; cd copy; ${script}; touch -r ${tree} .; touch -r ${tree}/a a`
          )
          assert.match((yield* problemsOf(tarOf(folder, copy, args), home)).join("\n"), expected, `${script} ${args}`)
        }
        const cut = join(folder, "cut.tar")
        for (let size = 0; size <= whole.length - 10_240; size += 512) {
          fs.writeFileSync(cut, whole.subarray(0, size))
          assert.isAbove((yield* problemsOf(cut, home)).length, 0, `cut to ${size}`)
        }
      })
  )

  /** Verifies: LAW-4 */
  it.live("never replaces the mirror if tar left out an entry or did not write its end", () =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const folder = fs.realpathSync(yield* temporaryFolder())
      const app = withMirrors(makeApp(join(folder, "root/notes")))
      const volume = volumeWith(join(folder, "volumes/data/_data"), { marker: "one", "deep/file": "x".repeat(10_000) })
      const volumes = [volume]
      const archive = join(app.dir, "snapshots/s1", archiveFile(volume.name))
      yield* store.refresh(app, volumes)
      yield* store.capture(app, request("s1", volumes))
      write(volume.path, { marker: "two" })
      for (const script of [
        `exec "$tar" --exclude=./deep/file "$@"`,
        `"$tar" "$@"; for a; do case $a in --file=*.tar) truncate -s 12K "\${a#--file=}";; esac; done`
      ]) {
        const path = process.env["PATH"] ?? ""
        const faulty = `#!/bin/sh\ntar=${inFolder("/", "command -v tar").trim()}\ncase "$*" in --create*) ;; *) exec "$tar" "$@";; esac\n${script}\n`
        write(folder, { "bin/tar": faulty })
        fs.chmodSync(join(folder, "bin/tar"), 0o755)
        process.env["PATH"] = `${join(folder, "bin")}${delimiter}${path}`
        const failures = yield* Effect.all([
          Effect.flip(store.archive(app, "s1")),
          Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
        ]).pipe(Effect.ensuring(Effect.sync(() => (process.env["PATH"] = path))))
        for (const failed of failures) assert.match(failed.message, /differs from the mirror/)
        assert.isFalse(fs.existsSync(archive))
        assert.isTrue(fs.existsSync(join(app.dir, "mirror", fileNameOf(volume.name), "for")))
      }
      assert.strictEqual((yield* store.archive(app, "s1")).format, 1)
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
      assert.strictEqual(fs.readFileSync(join(volume.path, "marker"), "utf8"), "one")
    }).pipe(Effect.provide(layer))
  )
})
