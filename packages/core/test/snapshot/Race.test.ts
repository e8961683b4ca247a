/**
 * A real process puts a symlink to another folder in the place of a volume, or of lastgood's own folder in it, and takes
 * it away again, hundreds of times a second, while snapshots are taken and restored.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Volume } from "../../src/domain/App.ts"
import { archiveFile } from "../../src/snapshot/Layout.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import {
  asFolder,
  canMount,
  child,
  makeApp,
  makeVolume,
  mounted,
  quiet,
  request,
  temporaryFolder,
  volumeWith,
  write
} from "./fixture.ts"

const swapper = fileURLToPath(new URL("swapper.ts", import.meta.url))
const canary = "canary-7f3a-not-ours"

/** Runs an effect while the folder is swapped for a link to `elsewhere`, then puts the folder back as it was. */
const whileSwapped = <A, E, R>(folder: string, elsewhere: string, ms: number, work: Effect.Effect<A, E, R>) => {
  const hidden = `${folder}.hidden`
  const start = Effect.callback<ChildProcess>((resume) => {
    const [command, args] = child(swapper, [folder, hidden, elsewhere, `${ms}`])
    const started = spawn(command, [...args], { stdio: ["ignore", "pipe", "inherit"] })
    started.stdout.once("data", () => resume(Effect.succeed(started)))
  })
  const stop = (process: ChildProcess) =>
    Effect.callback<void>((resume) => {
      process.once("close", () => resume(Effect.void))
      process.kill("SIGKILL")
    })
  return Effect.acquireUseRelease(start, () => work, stop).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        const link = fs.lstatSync(folder, { throwIfNoEntry: false })
        if (link?.isSymbolicLink() === true) fs.unlinkSync(folder)
        if (fs.existsSync(hidden) && !fs.existsSync(folder)) fs.renameSync(hidden, folder)
      })
    )
  )
}

/** Everything that a write would change: names, modes, owners, times, content. */
const looks = (folder: string): string =>
  execFileSync("bash", [
    "-c",
    'find "$0" -printf "%P %y %m %u %g %T@ %C@ %s\\n" | sort; cat "$0/precious"',
    folder
  ]).toString()

const elsewhereIn = (folder: string, files: Readonly<Record<string, string>> = {}) => {
  const elsewhere = join(folder, "elsewhere")
  write(elsewhere, { ...files, precious: canary, "deep/precious": canary })
  return elsewhere
}

/** Milliseconds between two swaps: on a busy machine nothing is done between two quick ones. */
const slower = [40, 160, 640]
const patience = { timeout: 300_000 }

const kinds = ["volume", "folder"] as const
const ofKind = (kind: (typeof kinds)[number], volume: Volume): Volume => (kind === "volume" ? volume : asFolder(volume))

/** Again until it says that something got through: refusals are quick, and a whole round may fall between two swaps. */
const untilThrough = <A, E, R>(round: Effect.Effect<A, E, R>, through: () => boolean) =>
  Effect.andThen(round, Effect.sleep(50)).pipe(Effect.repeat({ until: through, times: 30 }))

/** Verifies: LAW-13 */
describe("a folder that is swapped for a link at any moment", () => {
  it.live.each(kinds)(
    "of the kind %s never gets the link's target into an archive, and never changes the target",
    (kind) =>
      Effect.gen(function* () {
        const store = yield* SnapshotStore
        const folder = yield* temporaryFolder()
        const app = makeApp(join(folder, "root/notes"))
        const volume = ofKind(kind, volumeWith(join(folder, "volumes/data"), { marker: "ours", "deep/marker": "ours" }))
        const elsewhere = elsewhereIn(folder)
        yield* store.capture(app, request("s0", [volume]))
        const before = looks(elsewhere)
        let taken = 0
        let refused = 0
        const count = (done: boolean) => (done ? taken++ : refused++)
        const rounds = Effect.forEach(
          Array.from({ length: 25 }, (_, i) => i),
          (i) =>
            Effect.gen(function* () {
              yield* Effect.exit(store.prepare(app, [volume]))
              const captured = yield* Effect.exit(store.capture(app, request(`s${i + 1}`, [volume])))
              count(captured._tag === "Success")
              const staged = yield* Effect.exit(store.stage(app, { id: "s0", attempt: `a${i}`, volumes: [volume] }))
              count(staged._tag === "Success")
            })
        )
        yield* whileSwapped(volume.path, elsewhere, 4, rounds)
        assert.strictEqual(looks(elsewhere), before)
        for (const { id } of yield* store.list(app)) {
          const archive = fs.readFileSync(join(app.dir, "snapshots", id, archiveFile(volume.name)))
          assert.isFalse(archive.includes(canary), id)
          assert.isTrue(archive.includes("marker"), id)
        }
        // Both happened: it was not the refusals alone that kept it away, nor luck.
        assert.isAbove(taken, 0)
        assert.isAbove(refused, 0)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.live.each(kinds)(
    "of the kind %s is never followed by a swap: only the folder or the link itself is set aside",
    (kind) =>
      Effect.gen(function* () {
        const store = yield* SnapshotStore
        const folder = yield* temporaryFolder()
        const app = makeApp(join(folder, "root/notes"))
        const volume = ofKind(kind, volumeWith(join(folder, "volumes/data"), { marker: "ours" }))
        const elsewhere = elsewhereIn(folder)
        yield* store.capture(app, request("s0", [volume]))
        const before = looks(elsewhere)
        for (let i = 0; i < 3; i++) {
          const tries = Effect.forEach(
            Array.from({ length: 6 }, (_, n) => `a${i}-${n}`),
            (attempt) =>
              Effect.gen(function* () {
                const restore = { id: "s0", attempt, volumes: [volume] }
                yield* Effect.exit(store.stage(app, restore))
                yield* Effect.exit(store.swap(app, { ...quiet, ...restore }))
                yield* Effect.exit(store.removeAside(app, attempt, [volume]))
              })
          )
          yield* whileSwapped(volume.path, elsewhere, 4, tries)
          assert.strictEqual(looks(elsewhere), before)
          fs.rmSync(`${volume.path}.hidden`, { recursive: true, force: true })
          if (!fs.existsSync(volume.path)) write(volume.path, { marker: "ours" })
        }
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.live.skipIf(!canMount)(
    "is never followed if it is lastgood's own folder inside a mounted volume",
    () =>
      Effect.gen(function* () {
        const store = yield* SnapshotStore
        const folder = yield* temporaryFolder()
        const app = makeApp(join(folder, "root/notes"))
        const path = join(folder, "mount")
        yield* mounted(path, 64)
        const volume = makeVolume(path)
        write(path, { marker: "ours" })
        yield* store.capture(app, request("s0", [volume]))
        const own = join(path, ".lastgood")
        fs.mkdirSync(own, { mode: 0o700 })
        const attempts = Array.from({ length: 30 }, (_, i) => `a${i}`)
        const reachable = attempts.flatMap((a) => [
          `${a}/staged/s0/data/tree/f`,
          `${a}/staged/s0/data/unpacking/f`,
          `${a}/aside/data/f`
        ])
        const elsewhere = elsewhereIn(folder, Object.fromEntries(reachable.map((name) => [name, canary])))
        execFileSync("chmod", ["-R", "go-w", elsewhere])
        const before = looks(elsewhere)
        let staged = 0
        let removed = 0
        // Staged in peace first, so that most of what is removed under the swaps is there to be removed.
        for (const attempt of attempts) yield* store.stage(app, { id: "s0", attempt, volumes: [volume] })
        const clearing = Effect.forEach(attempts, (attempt) =>
          Effect.gen(function* () {
            if ((yield* Effect.exit(store.unstage(app, attempt, [volume])))._tag === "Success") removed += 1
          })
        )
        for (const ms of slower) {
          if (removed === 0)
            yield* whileSwapped(
              own,
              elsewhere,
              ms,
              untilThrough(clearing, () => removed > 0)
            )
          assert.strictEqual(looks(elsewhere), before)
        }
        assert.isAbove(removed, 0)
        const rounds = Effect.forEach(attempts, (attempt) =>
          Effect.gen(function* () {
            const restore = { id: "s0", attempt, volumes: [volume] }
            if ((yield* Effect.exit(store.stage(app, restore)))._tag === "Success") staged += 1
            yield* Effect.exit(store.unstage(app, attempt, [volume]))
            yield* Effect.exit(store.removeAside(app, attempt, [volume]))
          })
        )
        for (const ms of slower) {
          if (staged === 0)
            yield* whileSwapped(
              own,
              elsewhere,
              ms,
              untilThrough(rounds, () => staged > 0)
            )
          assert.strictEqual(looks(elsewhere), before)
        }
        assert.isAbove(staged, 0)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
