/**
 * What comes back equals what was there (LAW-11), on each filesystem that people keep volumes on, by a walker that shares
 * no code with what it checks. Each filesystem is a real one in a file, and is skipped where it cannot be made.
 */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Volume } from "@lastgood/core/domain/App"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { makeApp } from "./SnapshotSuite.ts"
import { describeTree, fillTree } from "./SnapshotTree.ts"

const has = (tool: string): boolean => spawnSync("which", [tool]).status === 0
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0 && has("mount")

const bash = (script: string, ...args: ReadonlyArray<string>) =>
  execFileSync("bash", ["-c", `set -eu; ${script}`, "bash", ...args], { stdio: ["ignore", "pipe", "pipe"] }).toString()

/** A filesystem of its own in a sparse file, mounted until the scope closes. */
const filesystem = (kind: string, folder: string, size = "600M") =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const at = join(folder, "disk")
      bash(
        `truncate -s "$1" "$2/image"; mkfs.${kind} -q "$2/image"; mkdir "$3"; mount -o loop "$2/image" "$3"`,
        size,
        folder,
        at
      )
      return at
    }),
    (at) => Effect.sync(() => bash(`umount --lazy "$1"`, at))
  )

/** Snapshot, harm, restore: the volume lies on `disk`, the root in `folder`. */
const roundTrip = (
  folder: string,
  disk: string,
  fill: (volume: string) => void,
  look: (volume: string) => unknown,
  /** Absent: a Docker volume on the disk. */
  dataFolder?: string
) =>
  Effect.gen(function* () {
    const store = yield* SnapshotStore
    const app = makeApp(join(folder, "root/notes"))
    const path = dataFolder ?? join(disk, "vol/_data")
    fs.mkdirSync(path, { recursive: true })
    fill(path)
    const volumes: ReadonlyArray<Volume> = [
      {
        kind: dataFolder === undefined ? "volume" : "folder",
        name: dataFolder ?? "data",
        key: "data",
        path,
        driver: "local",
        options: {},
        labels: {},
        created: null
      }
    ]
    const before = look(path)
    yield* store.prepare(app, volumes)
    const of = { version: "1.0.0", commit: "c0ffee" }
    const ts = "2026-01-02T03:04:05.000Z"
    const meta = yield* store.capture(app, { id: "s1", of, ts, envFile: null, volumes, stillQuiet: Effect.void })
    assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    // A mount point cannot be removed itself.
    bash(
      `if mountpoint -q "$1"; then find "$1" -mindepth 1 -delete; chmod 777 "$1"; chown 0:0 "$1"; else rm -rf -- "$1"; mkdir "$1"; fi
       echo bad > "$1/bad"`,
      path
    )
    yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
    const aside = yield* store.swap(app, { id: "s1", attempt: "a1", volumes, stillQuiet: Effect.void })
    assert.deepStrictEqual(look(path), before)
    return { store, app, volumes, path, meta, aside }
  }).pipe(Effect.provide(layer))

const patience = { timeout: 300_000 }

/** Verifies: LAW-11 */
describe("a restore equals the captured data", () => {
  for (const kind of ["ext4", "xfs", "btrfs"]) {
    const missing = !canMount ? "no permission to mount" : has(`mkfs.${kind}`) ? "" : `no mkfs.${kind}`
    it.live.skipIf(missing !== "")(
      `on ${kind}${missing === "" ? "" : ` (${missing})`}: everything that a volume may hold`,
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder()
          const disk = yield* filesystem(kind, folder)
          yield* roundTrip(folder, disk, fillTree, describeTree)
        }),
      patience
    )

    it.live.skipIf(missing !== "")(
      `on ${kind}${missing === "" ? "" : ` (${missing})`}: a sparse file of 9 GiB stays sparse, in seconds`,
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder()
          const disk = yield* filesystem(kind, folder)
          const fill = (volume: string) =>
            bash(
              `cd "$1"; truncate -s 9G sparse
               for at in 0 4294967296 8800000000; do printf "at $at" | dd of=sparse bs=1 seek=$at conv=notrunc status=none; done`,
              volume
            )
          const look = (volume: string) => {
            const stat = fs.statSync(join(volume, "sparse"))
            const handle = fs.openSync(join(volume, "sparse"), "r")
            const at = [0, 4_294_967_296, 8_800_000_000].map((position) => {
              const bytes = Buffer.alloc(16)
              fs.readSync(handle, bytes, 0, 16, position)
              return bytes.toString("latin1")
            })
            fs.closeSync(handle)
            assert.isBelow(stat.blocks * 512, 4 << 20)
            return [stat.size, at]
          }
          const start = performance.now()
          const { meta } = yield* roundTrip(folder, disk, fill, look)
          assert.isBelow(performance.now() - start, 60_000)
          assert.isBelow(meta.archives["data"]?.bytes ?? 0, 4 << 20)
        }),
      patience
    )
  }

  const missing = !canMount ? "no permission to mount" : has("mkfs.ext4") ? "" : "no mkfs.ext4"
  it.live.skipIf(missing !== "")(
    `of a data folder that is a filesystem of its own, and of one on such a filesystem${missing === "" ? "" : ` (${missing})`}`,
    () =>
      Effect.gen(function* () {
        const folder = fs.realpathSync(yield* temporaryFolder())
        const disk = yield* filesystem("ext4", folder, "200M")
        const fill = (at: string) =>
          bash(`cd "$1"; mkdir -p a/b; echo good > a/b/c; ln a/b/c d; echo x > .h; chown -R 999:999 .; chmod 700 .`, at)
        const look = (at: string) => describeTree(at).filter((line) => !/lost\+found|\.lastgood/.test(line))
        // Beside it: on the same filesystem, with nothing left there afterwards.
        const beside = yield* roundTrip(folder, disk, fill, look, join(disk, "app/data"))
        const [aside] = beside.aside
        assert.isTrue(aside?.path.startsWith(join(disk, "app/.lastgood/a1/aside/")))
        yield* beside.store.removeAside(beside.app, "a1", beside.volumes)
        assert.deepStrictEqual(fs.readdirSync(join(disk, "app")), ["data"])
        fs.rmSync(join(disk, "app"), { recursive: true })
        // Itself a mount point: entry by entry.
        const whole = yield* roundTrip(join(folder, "whole"), disk, fill, look, disk)
        assert.isTrue(whole.aside[0]?.path.startsWith(join(disk, ".lastgood/a1/aside/")))
        yield* whole.store.removeAside(whole.app, "a1", whole.volumes)
        assert.deepStrictEqual(fs.readdirSync(disk).toSorted(), [".h", "a", "d", "lost+found"])
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.live(
    "for a folder of 100,000 entries, in bounded time",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const fill = (volume: string) =>
          bash(`cd "$1"; seq -f 'entry-%06g' 100000 | xargs -n 2000 touch; printf x > entry-050000`, volume)
        const start = performance.now()
        yield* roundTrip(folder, folder, fill, (volume) => [
          fs.readdirSync(volume).length,
          fs.readFileSync(join(volume, "entry-050000"), "utf8")
        ])
        assert.isBelow(performance.now() - start, 240_000)
      }),
    patience
  )

  it.live("except for the documented exceptions", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const fill = (volume: string) => {
        bash(`cd "$1"; echo x > file; mkfifo pipe; ln pipe pipe2`, volume)
        // A socket is left behind by a process that ends without removing it.
        bash(
          `cd "$1"; command -v python3 >/dev/null && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' || true`,
          volume
        )
      }
      const { path } = yield* roundTrip(folder, folder, fill, () => null)
      assert.deepStrictEqual(fs.readdirSync(path).sort(), ["file", "pipe", "pipe2"])
      assert.deepStrictEqual(
        [fs.statSync(join(path, "pipe")).isFIFO(), fs.statSync(join(path, "pipe")).nlink],
        [true, 1]
      )
    })
  )

  const canChattr = canMount && has("chattr") && has("lsattr") && has("mkfs.ext4")
  it.live.skipIf(!canChattr)(
    "for immutable files (chattr +i, +a), without the attribute, which does not prevent a rollback or cleanup",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const disk = yield* filesystem("ext4", folder)
        const fill = (volume: string) => bash(`cd "$1"; mkdir d; echo one > d/imm; echo two > app`, volume)
        const look = (volume: string) => [describeTree(volume)]
        const { store, app, volumes, path, aside } = yield* roundTrip(folder, disk, fill, look)
        bash(`cd "$1"; chattr +i d/imm; chattr +i d; chattr +a app`, path)
        const restore = { id: "s1", attempt: "a2", volumes }
        yield* store.prepare(app, volumes)
        yield* store.stage(app, restore)
        const [replaced] = yield* store.swap(app, { ...restore, stillQuiet: Effect.void })
        assert.strictEqual(fs.readFileSync(join(replaced?.path ?? "", "d/imm"), "utf8"), "one\n")
        yield* store.removeAside(app, "a2", volumes)
        assert.isFalse(fs.existsSync(replaced?.path ?? ""))
        assert.isTrue(fs.existsSync(aside[0]?.path ?? ""))
        // The volume's own folder could not be renamed: found while the app still runs.
        bash(`chattr +i "$1"`, path)
        const refused = yield* Effect.flip(store.prepare(app, volumes))
        bash(`chattr -i "$1"`, path)
        assert.match(refused.message, /forbids renaming it/)
        assert.match(refused.next, /chattr -i -a /)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.live.skipIf(!canChattr)(
    "for immutable files, also if the volume is itself a mount point",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const path = yield* filesystem("ext4", folder)
        const store = yield* SnapshotStore
        const app = makeApp(join(folder, "root/notes"))
        const volumes: ReadonlyArray<Volume> = [
          {
            kind: "volume" as const,
            name: "data",
            key: "data",
            path,
            driver: "local",
            options: {},
            labels: {},
            created: null
          }
        ]
        const look = () => describeTree(path).filter((line) => !JSON.stringify(line).includes(".lastgood"))
        bash(`cd "$1"; mkdir d; echo one > d/imm; echo two > imm; echo three > app; mkfifo pipe`, path)
        const before = look()
        yield* store.prepare(app, volumes)
        const of = { version: "1.0.0", commit: "c0ffee" }
        const ts = "2026-01-02T03:04:05.000Z"
        yield* store.capture(app, { id: "s1", of, ts, envFile: null, volumes, stillQuiet: Effect.void })
        bash(`cd "$1"; echo bad > imm; echo bad > new; chattr +i d/imm imm; chattr +i d; chattr +a app`, path)
        const restore = { id: "s1", attempt: "a1", volumes }
        yield* store.prepare(app, volumes)
        yield* store.stage(app, restore)
        const [replaced] = yield* store.swap(app, { ...restore, stillQuiet: Effect.void })
        assert.deepStrictEqual(look(), before)
        assert.strictEqual(fs.readFileSync(join(replaced?.path ?? "", "imm"), "utf8"), "bad\n")
        yield* store.removeAside(app, "a1", volumes)
        assert.isFalse(fs.existsSync(replaced?.path ?? ""))
        // Nothing could be moved out of the volume's own folder: found while the app still runs.
        bash(`chattr +a "$1"`, path)
        const refused = yield* Effect.flip(store.prepare(app, volumes))
        bash(`chattr -a "$1"`, path)
        assert.match(refused.message, /forbids moving files out of it/)
      }).pipe(Effect.provide(layer)),
    patience
  )
})

/** Verifies: LAW-3, LAW-10 */
describe("a full disk", () => {
  it.live.skipIf(!canMount || !has("mkfs.ext4"))(
    "fails a stage cleanly: the volume is untouched, nothing stays behind, and it says how much is needed",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const disk = yield* filesystem("ext4 -b 4096 -m 0", folder, "200M")
        // A file of one byte takes less in an archive than on the disk: the second time it is full only in the middle.
        const fill = (volume: string) => bash(`cd "$1"; for i in $(seq 4000); do echo > f$i; done`, volume)
        const { store, app, volumes, path, meta } = yield* roundTrip(folder, disk, fill, describeTree)
        yield* store.removeAside(app, "a1", volumes)
        const room = () => Number(bash(`df --output=avail -B1 "$1" | tail -1`, disk))
        const restore = { id: "s1", attempt: "a2", volumes }
        const before = describeTree(path)
        const bytes = meta.archives["data"]?.bytes ?? 0
        for (const [left, seen] of [
          [bytes / 2, /MB are free/],
          [bytes * 1.15, /it became full/]
        ] as const) {
          bash(`fallocate -l "$1" "$2/filler"`, `${Math.floor(room() - left)}`, disk)
          const failed = yield* Effect.flip(store.stage(app, restore))
          assert.match(failed.message, seen)
          assert.include(failed.message, `about ${Math.ceil(bytes / 1e6)} MB are needed`)
          assert.deepStrictEqual(describeTree(path), before)
          assert.deepStrictEqual(fs.readdirSync(join(disk, "vol")), ["_data"])
          fs.rmSync(join(disk, "filler"))
        }
        yield* store.stage(app, restore)
        yield* store.swap(app, { ...restore, stillQuiet: Effect.void })
        assert.deepStrictEqual(describeTree(path), before)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
