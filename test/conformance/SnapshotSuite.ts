/**
 * The contract of the port `SnapshotStore`, as tests over any adapter. Real files, real time.
 */
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { operatorFilesIn } from "@lastgood/core/disk/operatorFiles"
import type { EffectiveApp, Volume } from "@lastgood/core/domain/App"
import { NotQuiet } from "@lastgood/core/runtime/Runtime"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describeTree, fillTree, inheritableModes } from "./SnapshotTree.ts"

export interface SnapshotSuiteOptions {
  /** Flips one bit of what the snapshot `id` holds of a volume, or cuts its end off. */
  readonly damage: (app: EffectiveApp, id: string, volume: string, how: "flip" | "cut") => void
  /** Where an app and its volumes are; absent: in a temporary folder. */
  readonly folder?: Effect.Effect<string, never, Scope.Scope>
  /** Makes the folder of a volume, in one that exists; absent: an ordinary folder. */
  readonly makeFolder?: (path: string) => void
}

export const makeApp = (dir: string): EffectiveApp => testApp({ volumes: ["data", "files"], dir })

type Kind = "volume" | "folder"

/** A folder of the host is known by its path. */
const volumeAt = (
  path: string,
  name: string,
  kind: Kind,
  { makeFolder = fs.mkdirSync }: SnapshotSuiteOptions
): Volume => {
  fs.mkdirSync(dirname(path), { recursive: true })
  makeFolder(path)
  const own = { driver: "local", options: { size: "1g" }, labels: { of: "notes" }, created: null }
  return kind === "volume"
    ? { kind, name: `notes_${name}`, key: name, path, ...own }
    : { kind, name: path, key: name, path, ...own }
}

/** An app with two volumes, each with a marker, and the store under test. */
const sceneOf = Effect.fnUntraced(function* (kind: Kind, options: SnapshotSuiteOptions) {
  const folder = fs.realpathSync(yield* options.folder ?? temporaryFolder())
  const data = volumeAt(join(folder, "volumes/data/_data"), "data", kind, options)
  const files = volumeAt(join(folder, "volumes/files/_data"), "files", kind, options)
  const mark = (text: string) => {
    for (const volume of [data, files]) fs.writeFileSync(join(volume.path, "marker"), text)
  }
  const markers = () => [data, files].map((volume) => fs.readFileSync(join(volume.path, "marker"), "utf8"))
  mark("one")
  return {
    folder,
    app: makeApp(join(folder, "root/notes")),
    data,
    files,
    volumes: [data, files],
    mark,
    markers,
    store: yield* SnapshotStore
  }
})

/** Nothing else runs in these tests. */
const quiet = { stillQuiet: Effect.void }

const request = (id: string, volumes: ReadonlyArray<Volume>, ts = "2026-01-02T03:04:05.000Z") => ({
  id,
  of: { version: "1.2.3+4.5.6", commit: "c0ffee" },
  ts,
  envFile: null,
  volumes,
  ...quiet
})

export const suite = (name: string, layer: Layer.Layer<SnapshotStore>, options: SnapshotSuiteOptions) =>
  describe.each<Kind>(["volume", "folder"])(`SnapshotStore: ${name}, of the kind %s`, (kind) => {
    const scene = sceneOf(kind, options)
    const check = (title: string, body: Effect.Effect<void, unknown, SnapshotStore | Scope.Scope>) =>
      it.live(title, () => body.pipe(Effect.provide(layer)))

    /** Verifies: LAW-11 */
    check(
      "restores every name, mode, owner, time, link, hole, xattr, ACL and special file",
      Effect.gen(function* () {
        const { app, folder, data, files, volumes, store } = yield* scene
        fs.rmSync(join(data.path, "marker"))
        fillTree(data.path)
        const before = [data, files].map((volume) => describeTree(volume.path))
        yield* store.prepare(app, volumes)
        yield* store.capture(app, request("s1", volumes))
        fs.rmSync(join(data.path, "deep"), { recursive: true })
        fs.chmodSync(data.path, 0o777)
        fs.writeFileSync(join(files.path, "new"), "by the failed version")
        inheritableModes(folder)
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
        assert.deepStrictEqual(
          [data, files].map((volume) => describeTree(volume.path)),
          before
        )
      })
    )

    /** Verifies: LAW-4 */
    check(
      "publishes a snapshot with everything that a restore needs, once",
      Effect.gen(function* () {
        const { app, data, folder, files, volumes, mark, store } = yield* scene
        const envFile = join(folder, "notes.env")
        fs.writeFileSync(envFile, "SECRET=hush\n", { mode: 0o644 })
        const meta = yield* store.capture(app, { ...request("s1", volumes), envFile })
        assert.deepStrictEqual(
          [meta.id, meta.app, meta.recipe, meta.domain, meta.version, meta.commit, meta.ts, meta.volumes],
          [
            "s1",
            "notes",
            "notes",
            "notes.example.org",
            "1.2.3+4.5.6",
            "c0ffee",
            "2026-01-02T03:04:05.000Z",
            [data.name, files.name]
          ]
        )
        const archive = meta.archives[data.name]
        assert.deepStrictEqual(
          [archive?.key, archive?.driver, archive?.options, archive?.labels, archive?.sha256],
          ["data", "local", { size: "1g" }, { of: "notes" }, null]
        )
        const env = yield* store.envFile(app, "s1")
        assert.strictEqual(fs.readFileSync(env ?? "", "utf8"), "SECRET=hush\n")
        assert.strictEqual(fs.statSync(env ?? "").mode & 0o777, 0o600)
        mark("two")
        assert.deepStrictEqual(yield* store.capture(app, request("s1", volumes)), meta)
        assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      })
    )

    /** Verifies: LAW-3, LAW-12, LAW-13 */
    check(
      "keeps the operator's files with their owners, readable by nobody else, and knows when one is damaged",
      Effect.gen(function* () {
        const { app, folder, volumes, store } = yield* scene
        const home = join(folder, "home")
        fs.mkdirSync(join(home, "secrets"), { recursive: true })
        fs.writeFileSync(join(home, "app.env"), "A=hush\n", { mode: 0o644 })
        fs.writeFileSync(join(home, "secrets/key"), "hush too", { mode: 0o440 })
        fs.symlinkSync("secrets/key", join(home, "link"))
        const given = yield* operatorFilesIn(home, ["app.env", "link", "secrets/key", "gone.env"])
        const { files } = yield* store.capture(app, { ...request("s1", volumes), files: given })
        assert.deepStrictEqual(
          files?.map(({ mode, path }) => [path, mode]),
          [
            ["app.env", 0o644],
            ["link", 0o440],
            ["secrets/key", 0o440]
          ]
        )
        assert.isNull(yield* store.operatorFiles(app, (yield* store.capture(app, request("s0", volumes))).id))
        const kept = (yield* store.operatorFiles(app, "s1")) ?? []
        assert.deepStrictEqual(
          kept.map(({ from, mode }) => [fs.readFileSync(from, "utf8"), fs.lstatSync(from).mode & 0o777, mode]),
          [
            ["A=hush\n", 0o600, 0o644],
            ["hush too", 0o600, 0o440],
            ["hush too", 0o600, 0o440]
          ]
        )
        assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
        const [first] = kept
        fs.rmSync(first?.from ?? "")
        fs.symlinkSync("/etc/passwd", first?.from ?? "")
        assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, ["files/app.env: missing, or not a file"])
        assert.include((yield* Effect.flip(store.operatorFiles(app, "s1"))).message, "files/app.env")
      })
    )

    /** Verifies: LAW-1, LAW-4 */
    check(
      "requires the second proof of quiet before it publishes",
      Effect.gen(function* () {
        const { app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("seen while something wrote")
        const whenAsked: Array<unknown> = []
        const notQuiet = new NotQuiet({ app: app.name, left: ["a writer"], waitedMs: 0 })
        const unproven = Effect.gen(function* () {
          whenAsked.push(
            yield* Effect.orDie(store.current(app)),
            (yield* Effect.orDie(store.list(app))).map(({ id }) => id)
          )
          return yield* notQuiet
        })
        const failed = yield* Effect.flip(store.capture(app, { ...request("s2", volumes), stillQuiet: unproven }))
        assert.strictEqual(failed, notQuiet)
        assert.deepStrictEqual(whenAsked, ["s1", ["s1"]])
        assert.deepStrictEqual(
          [yield* store.current(app), (yield* store.list(app)).map(({ id }) => id)],
          ["s1", ["s1"]]
        )
        mark("two")
        const proof = Effect.sync(() => mark("three"))
        yield* store.capture(app, { ...request("s2", volumes), stillQuiet: proof })
        // What was written when the archives were complete is not in them; that the proof was asked shows that it is.
        assert.deepStrictEqual(markers(), ["three", "three"])
        yield* store.stage(app, { id: "s2", attempt: "a1", volumes })
        yield* store.swap(app, { ...quiet, id: "s2", attempt: "a1", volumes })
        assert.deepStrictEqual(markers(), ["two", "two"])
      })
    )

    /** Verifies: LAW-1, LAW-3 */
    check(
      "accepts a swap only if quiet was proven after it, and otherwise stages and swaps again",
      Effect.gen(function* () {
        const { app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("two")
        const restore = { id: "s1", attempt: "a1", volumes }
        yield* store.stage(app, restore)
        const written = Effect.suspend(() => {
          const seen = markers()
          mark("written to while it was put in")
          return Effect.fail(new NotQuiet({ app: app.name, left: seen, waitedMs: 0 }))
        })
        const failed = yield* Effect.flip(store.swap(app, { ...restore, stillQuiet: written }))
        assert.deepStrictEqual(failed._tag === "NotQuiet" && failed.left, ["one", "one"])
        assert.match((yield* Effect.flip(store.swap(app, { ...restore, ...quiet }))).message, /not staged/)
        yield* store.stage(app, restore)
        const aside = yield* store.swap(app, { ...restore, ...quiet })
        assert.deepStrictEqual(markers(), ["one", "one"])
        // The data that the restore replaced is what is set aside, not what came between.
        assert.deepStrictEqual(
          aside.map(({ path }) => fs.readFileSync(join(path, "marker"), "utf8")),
          ["two", "two"]
        )
        const never = Effect.die("asked again for what is proven")
        yield* store.stage(app, restore)
        assert.deepStrictEqual(yield* store.swap(app, { ...restore, stillQuiet: never }), aside)
      })
    )

    check(
      "lists snapshots oldest first, points to the newest, and never removes that one",
      Effect.gen(function* () {
        const { app, volumes, store } = yield* scene
        assert.deepStrictEqual([yield* store.list(app), yield* store.current(app)], [[], null])
        yield* store.capture(app, request("z-first", volumes, "2026-01-01T00:00:00.000Z"))
        yield* store.capture(app, request("a-second", volumes, "2026-01-02T00:00:00.000Z"))
        const list = yield* store.list(app)
        assert.deepStrictEqual(
          list.map((meta) => meta.id),
          ["z-first", "a-second"]
        )
        assert.isTrue(list.every((meta) => meta.bytes > 0))
        assert.strictEqual(yield* store.current(app), "a-second")
        const refused = yield* Effect.flip(store.remove(app, "a-second"))
        assert.match(refused.message, /a-second/)
        yield* store.remove(app, "z-first")
        yield* store.remove(app, "z-first")
        assert.deepStrictEqual(
          (yield* store.list(app)).map((meta) => meta.id),
          ["a-second"]
        )
        const missing = yield* Effect.flip(store.verify(app, "z-first"))
        assert.strictEqual(missing._tag, "SnapshotMissing")
      })
    )

    check(
      "seals with SHA-256, and detects later changes",
      Effect.gen(function* () {
        const { app, files, volumes, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        const sealed = yield* store.seal(app, "s1")
        assert.isTrue(Object.values(sealed.archives).every((archive) => /^[0-9a-f]{64}$/.test(archive.sha256 ?? "")))
        assert.deepStrictEqual(yield* store.seal(app, "s1"), sealed)
        assert.deepStrictEqual(yield* store.verify(app, "s1"), { meta: sealed, problems: [] })
        options.damage(app, "s1", files.name, "flip")
        const { problems } = yield* store.verify(app, "s1")
        assert.strictEqual(problems.length, 1)
        assert.match(problems[0] ?? "", /files.*expected SHA-256/)
      })
    )

    for (const how of ["flip", "cut"] as const) {
      /** Verifies: LAW-3 */
      check(
        `refuses to seal or stage a damaged snapshot (${how}), and touches nothing`,
        Effect.gen(function* () {
          const { app, files, folder, volumes, mark, markers, store } = yield* scene
          yield* store.capture(app, request("s1", volumes))
          // The last volume's archive: the first one's must not be unpacked before this one is known to be good.
          options.damage(app, "s1", files.name, how)
          mark("two")
          const before = describeTree(join(folder, "volumes"))
          assert.strictEqual((yield* Effect.flip(store.seal(app, "s1")))._tag, "SnapshotDamaged")
          const staged = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
          assert.strictEqual(staged._tag, "SnapshotDamaged")
          assert.match(staged.message, /files/)
          const swapped = yield* Effect.flip(store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes }))
          assert.match(swapped.message, /not staged/)
          assert.deepStrictEqual(markers(), ["two", "two"])
          assert.deepStrictEqual(describeTree(join(folder, "volumes")), before)
          assert.notDeepEqual((yield* store.verify(app, "s1")).problems, [])
        })
      )
    }

    /** Verifies: LAW-3 */
    check(
      "does not change volumes during staging, and sets the replaced data aside until told to remove it",
      Effect.gen(function* () {
        const { app, data, files, folder, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("two")
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        assert.deepStrictEqual(markers(), ["two", "two"])
        const aside = yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
        assert.deepStrictEqual(markers(), ["one", "one"])
        assert.deepStrictEqual(
          aside.map((a) => a.name),
          [data.name, files.name]
        )
        const replaced = () => aside.map(({ path }) => fs.readFileSync(join(path, "marker"), "utf8"))
        assert.deepStrictEqual(replaced(), ["two", "two"])
        yield* store.unstage(app, "a1", volumes)
        assert.deepStrictEqual(replaced(), ["two", "two"])
        yield* store.removeAside(app, "a1", volumes)
        yield* store.removeAside(app, "a1", volumes)
        assert.isFalse(aside.some(({ path }) => fs.existsSync(path)))
        assert.deepStrictEqual(markers(), ["one", "one"])
        assert.deepStrictEqual(fs.readdirSync(join(folder, "volumes/data")), ["_data"])
      })
    )

    check(
      "swaps once per attempt, and keeps later writes of the app",
      Effect.gen(function* () {
        const { app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        const first = yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
        mark("three")
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        assert.deepStrictEqual(yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes }), first)
        assert.deepStrictEqual(markers(), ["three", "three"])
        yield* store.unstage(app, "a1", volumes)
        assert.deepStrictEqual(yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes }), first)
        yield* store.stage(app, { id: "s1", attempt: "a2", volumes })
        yield* store.swap(app, { ...quiet, id: "s1", attempt: "a2", volumes })
        assert.deepStrictEqual(markers(), ["one", "one"])
      })
    )

    check(
      "refuses to swap after unstaging",
      Effect.gen(function* () {
        const { app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("two")
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        yield* store.unstage(app, "a1", volumes)
        yield* store.unstage(app, "a1", volumes)
        const refused = yield* Effect.flip(store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes }))
        assert.match(refused.message, /not staged/)
        assert.deepStrictEqual(markers(), ["two", "two"])
      })
    )

    check(
      "names a missing volume of the snapshot, and empties one that only the failed version created",
      Effect.gen(function* () {
        const { app, folder, data, files, volumes, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        const gone = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [data] }))
        assert.include(gone.message, files.name)
        const extra = volumeAt(join(folder, "volumes/cache/_data"), "cache", kind, options)
        fs.writeFileSync(join(extra.path, "made"), "by the failed version")
        fs.chmodSync(extra.path, 0o2751)
        const all = { ...quiet, id: "s1", attempt: "a2", volumes: [data, files, extra] }
        yield* store.stage(app, all)
        const aside = yield* store.swap(app, all)
        assert.deepStrictEqual(fs.readdirSync(extra.path), [])
        assert.strictEqual(fs.statSync(extra.path).mode & 0o7777, 0o2751)
        const old = aside.find((a) => a.name === extra.name)
        assert.deepStrictEqual(fs.readdirSync(old?.path ?? ""), ["made"])
      })
    )

    /** Verifies: LAW-4 */
    check(
      "keeps the previous snapshot complete if a capture fails or is interrupted, and leaves nothing behind",
      Effect.gen(function* () {
        const { app, data, files, volumes, mark, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("two")
        const gone: Volume = { ...files, path: join(files.path, "nowhere") }
        const failed = yield* Effect.flip(store.capture(app, request("s2", [data, gone])))
        assert.match(failed.message, /files\S* is missing/)
        fs.writeFileSync(join(data.path, "big"), Buffer.alloc(64 << 20, 1))
        const capturing = yield* Effect.forkChild(store.capture(app, request("s3", volumes)))
        yield* Effect.sleep("15 millis")
        yield* Fiber.interrupt(capturing)
        const whole = ["s1"]
        assert.deepStrictEqual(
          (yield* store.list(app)).map((meta) => meta.id),
          whole
        )
        assert.deepStrictEqual([yield* store.current(app), (yield* store.verify(app, "s1")).problems], ["s1", []])
        yield* store.capture(app, request("s3", volumes))
        assert.strictEqual(yield* store.current(app), "s3")
      })
    )

    /** Verifies: LAW-13 */
    check(
      "refuses a symlink in place of a volume, and names that lead elsewhere",
      Effect.gen(function* () {
        const { app, folder, data, files, volumes, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        const elsewhere = join(folder, "elsewhere")
        fs.mkdirSync(elsewhere)
        fs.writeFileSync(join(elsewhere, "precious"), "not ours")
        yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
        fs.renameSync(data.path, join(folder, "hidden"))
        fs.symlinkSync(elsewhere, data.path)
        const refusals = [
          yield* Effect.flip(store.prepare(app, volumes)),
          yield* Effect.flip(store.capture(app, request("s2", volumes))),
          yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a2", volumes })),
          yield* Effect.flip(store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes }))
        ]
        for (const refusal of refusals) assert.match(refusal.message, /expected a folder at .*found a symlink/)
        for (const odd of ["../x", "", ".hidden", "a/b", "-rf", "a\0b"]) {
          const named = yield* Effect.flip(store.capture(app, request(odd, [files])))
          assert.match(named.message, /cannot be a file name/)
          const tried = yield* Effect.flip(store.stage(app, { id: "s1", attempt: odd, volumes: [files] }))
          assert.match(tried.message, /cannot be a file name|volumes that no longer exist/)
        }
        assert.deepStrictEqual(fs.readdirSync(elsewhere), ["precious"])
        assert.strictEqual(fs.readFileSync(join(files.path, "marker"), "utf8"), "one")
      })
    )
  })
