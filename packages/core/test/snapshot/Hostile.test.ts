/**
 * Snapshots with malicious archives and matching checksums, which an attacker could write too.
 * Nothing is said of what could be done with less: each must be found by `verify` or by `stage`, with a word of what is
 * wrong, and whatever happens nothing outside of the staged tree is touched.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { extractArchive } from "../../src/snapshot/Archive.ts"
import { listProblems } from "../../src/snapshot/Listing.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { asFolder, isRoot, makeApp, paths, request, temporaryFolder, volumeWith, write } from "./fixture.ts"
import { end, gnuLong, member, pax, root, tar } from "./tarBytes.ts"

const file = (name: string, body = "evil") => member({ name, body })
const symlink = (name: string, link: string) => member({ name, type: "2", link })
const hardlink = (name: string, link: string) => member({ name, type: "1", link })
const deep = "a/".repeat(3000)

/** Each with what `verify` says of it. `OUT` stands for a folder outside that holds `precious`. */
const hostile: Readonly<Record<string, readonly [RegExp, (out: string) => Buffer]>> = {
  "a name with ..": [/leads outside/, () => tar(file("../evil"))],
  "a name with .. in the middle": [/leads outside/, () => tar(file("a/../../evil"))],
  "an absolute name": [/leads outside/, (out) => tar(file(`${out}/precious`))],
  "a symlink, then a file behind it": [/below the symlink/, (out) => tar(symlink("l", out), file("l/precious"))],
  "a chain of symlinks": [
    /below the symlink/,
    (out) => tar(symlink("a", out), symlink("b", "a"), symlink("c", "b"), file("c/precious"))
  ],
  "a symlink through ..": [/below the symlink/, () => tar(symlink("l", "../../.."), file("l/evil"))],
  "a hard link to a symlink, then a file behind it": [
    /below the symlink/,
    (out) => tar(symlink("l", out), hardlink("h", "l"), file("h/precious"))
  ],
  "a folder that a symlink replaces": [
    /below the symlink/,
    (out) => tar(member({ name: "d/", type: "5" }), symlink("d", out), file("d/precious"))
  ],
  "a name that is a file first and a symlink then": [
    /below the symlink/,
    (out) => tar(file("d"), symlink("d", out), file("d/precious"))
  ],
  "a hard link to an absolute name": [/leads outside/, (out) => tar(hardlink("h", `${out}/precious`), file("h"))],
  "a hard link to a name with ..": [/leads outside/, () => tar(hardlink("h", "../x"))],
  "a hard link through a symlink": [
    /below the symlink/,
    (out) => tar(symlink("l", out), hardlink("h", "l/precious"), file("h"))
  ],
  "a pax header that overrides the path": [/leads outside/, () => tar(pax({ path: "../evil" }), file("harmless"))],
  "a pax header that overrides the link's target": [
    /leads outside/,
    (out) => tar(pax({ linkpath: `${out}/precious` }), hardlink("h", "harmless"))
  ],
  "a global pax header that overrides the path": [
    /leads outside/,
    () => tar(pax({ path: "../evil" }, "g"), file("harmless"))
  ],
  "a GNU long name": [/leads outside/, () => tar(gnuLong("L", `${"x/../".repeat(30)}../evil`), file("harmless"))],
  "a GNU long link": [
    /leads outside/,
    () => tar(gnuLong("K", `${"x/../".repeat(30)}../evil`), hardlink("h", "harmless"))
  ],
  "a sparse file whose name is another": [
    /leads outside/,
    () =>
      tar(
        pax({
          "GNU.sparse.major": "1",
          "GNU.sparse.minor": "0",
          "GNU.sparse.name": "../evil",
          "GNU.sparse.realsize": "4"
        }),
        member({ name: "s", body: `0\n${"\0".repeat(510)}` })
      )
  ],
  "a name that no path can have": [
    /cannot be unpacked/,
    () => tar(pax({ path: `${deep}${deep}${deep}x` }), file("harmless"))
  ],
  "a root that is a symlink": [
    /own root.*is not a folder/,
    (out) => Buffer.concat([symlink(".", out), file("precious"), end])
  ],
  "a root that is a file": [/own root.*is not a folder/, () => Buffer.concat([member({ name: "./." }), end])],
  "a member of an unknown type": [
    /of the type|cannot be read/,
    () => tar(member({ name: "what", type: "M", body: "x" }))
  ],
  "two archives, one after the other": [
    /follows its end-of-archive mark/,
    () => Buffer.concat([tar(file("a")), tar(file("b"))])
  ],
  "a size that goes past its end": [
    /not readable|cut/,
    () => Buffer.concat([root, member({ name: "f", size: 2 ** 32 }), end])
  ],
  "a pax size that goes past its end": [/not readable|cut/, () => tar(pax({ size: `${2 ** 60}` }), file("f"))],
  "an end that is missing": [/truncated/, () => Buffer.concat([root, file("f")])],
  garbage: [/not readable/, () => Buffer.from("this is no tar at all. ".repeat(500))],
  nothing: [/cut|not readable/, () => Buffer.alloc(0)],
  "one name for a million members": [
    /not readable to its end: its names are longer/,
    () => tar(pax({ path: "\xff".repeat(200_000) }, "g"), ...Array.from({ length: 400 }, () => member({ name: "x" })))
  ],
  "a header that asks for all of the memory": [
    /not readable|cut/,
    () => tar(member({ name: "PaxHeaders/x", type: "x", size: 8 ** 11 - 1 }))
  ]
}

/** A snapshot that holds `bytes` as the archive of its one volume (or data folder), its meta made to fit. */
const scene = (bytes: (outside: string) => Buffer, kind: "volume" | "folder" = "volume") =>
  Effect.gen(function* () {
    const store = yield* SnapshotStore
    const folder = yield* temporaryFolder()
    const outside = join(folder, "out")
    write(outside, { precious: "not ours" })
    const app = makeApp(join(folder, "root/notes"))
    const made = volumeWith(join(folder, "volume"), { marker: "good" })
    const volume = kind === "volume" ? made : asFolder(made)
    yield* store.capture(app, request("s1", [volume]))
    const snapshot = join(app.dir, "snapshots/s1")
    const meta = JSON.parse(fs.readFileSync(join(snapshot, "meta.json"), "utf8"))
    const described = meta.archives[volume.name]
    const archive = join(snapshot, described.file)
    fs.writeFileSync(archive, bytes(outside))
    described.bytes = fs.statSync(archive).size
    described.crc = execFileSync("cksum", [archive]).toString().split(" ")[0]
    fs.writeFileSync(join(snapshot, "meta.json"), JSON.stringify(meta))
    const untouched = () => {
      assert.deepStrictEqual(paths(outside), ["precious"])
      assert.strictEqual(fs.readFileSync(join(outside, "precious"), "utf8"), "not ours")
      assert.deepStrictEqual(fs.readdirSync(folder).sort(), ["out", "root", "volume"])
      assert.deepStrictEqual(paths(volume.path), ["marker"])
      assert.strictEqual(fs.statSync(join(outside, "precious")).nlink, 1)
    }
    return { store, folder, app, volume, archive, untouched }
  })

const patience = { timeout: 60_000 }

/** Verifies: LAW-3, LAW-13 */
describe("a malicious archive", () => {
  for (const [what, [expected, bytes]] of Object.entries(hostile)) {
    // Of a data folder, what would lead out of it.
    const kinds = /leads|below|root/.test(expected.source) ? (["volume", "folder"] as const) : (["volume"] as const)
    it.live.each(kinds)(
      `of a %s is refused without touching anything: ${what}`,
      (kind) =>
        Effect.gen(function* () {
          const { store, folder, app, volume, archive, untouched } = yield* scene(bytes, kind)
          const { problems } = yield* store.verify(app, "s1")
          assert.match(problems.join("\n"), expected)
          const staged = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))
          assert.strictEqual(staged._tag, "SnapshotDamaged")
          untouched()
          // The second wall: unpacked unseen it still reaches nothing outside.
          const tree = join(folder, "root/unpacked")
          fs.mkdirSync(tree)
          yield* Effect.exit(extractArchive(archive, tree))
          fs.rmSync(tree, { recursive: true })
          untouched()
        }).pipe(Effect.provide(layer)),
      patience
    )
  }

  it.live("that only `tar` rejects leaves nothing staged, and names the error", () =>
    Effect.gen(function* () {
      const odd: ReadonlyArray<readonly [RegExp, Buffer]> = [
        [/restore|stage|Cannot/, tar(file("f"), file("f/below"))],
        [/Cannot|too large|No space/, tar(pax({ "SCHILY.xattr.user.big": "x".repeat(300_000) }), file("f"))]
      ]
      for (const [expected, bytes] of odd) {
        const { store, app, volume, untouched } = yield* scene(() => bytes)
        const failed = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))
        assert.match(failed.message, expected)
        untouched()
        assert.isFalse(fs.existsSync(join(app.dir, "staged")))
      }
    }).pipe(Effect.provide(layer))
  )

  it.live(
    "with 8 EiB of holes or a map of a million holes takes little time and disk space",
    () =>
      Effect.gen(function* () {
        const sparse = (size: string, map: string) =>
          tar(
            pax({
              "GNU.sparse.major": "1",
              "GNU.sparse.minor": "0",
              "GNU.sparse.name": "s",
              "GNU.sparse.realsize": size
            }),
            member({ name: "GNUSparseFile.0/s", body: map.padEnd(Math.ceil(map.length / 512) * 512, "\0") })
          )
        const holes = Array.from({ length: 100_000 }, (_, i) => `${i * 1_000_000}\n0\n`).join("")
        for (const bytes of [
          sparse(`${2n ** 63n - 1n}`, "1\n0\n0\n"),
          sparse("1000", `${2n ** 62n}\n`),
          sparse("100000000000", `100000\n${holes}`)
        ]) {
          const { store, app, volume, untouched } = yield* scene(() => bytes)
          const start = performance.now()
          yield* store.verify(app, "s1")
          yield* Effect.exit(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))
          assert.isBelow(performance.now() - start, 30_000)
          untouched()
          assert.isBelow(Number(execFileSync("du", ["-s", "-B1", app.dir]).toString().split("\t")[0]), 20 << 20)
          yield* store.unstage(app, "a1", [volume])
        }
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.live(
    "with a hundred thousand members is listed in bounded time",
    () =>
      Effect.gen(function* () {
        const path = join(yield* temporaryFolder(), "a.tar")
        fs.writeFileSync(path, tar(...Array.from({ length: 100_000 }, (_, i) => member({ name: `f${i}` }))))
        const start = performance.now()
        assert.deepStrictEqual(yield* listProblems(path), [])
        assert.isBelow(performance.now() - start, 30_000)
      }),
    patience
  )
})

describe("an unusual archive", () => {
  it.live("is accepted with names of any bytes, duplicate members, links and devices", () =>
    Effect.gen(function* () {
      const every = Array.from({ length: 255 }, (_, i) => i + 1)
        .filter((byte) => byte !== 0x2f)
        .map((byte) => file(`byte-${String.fromCharCode(byte)}-`))
      const devices = isRoot ? [member({ name: "null", type: "3" }), member({ name: "disk", type: "4" })] : []
      const { store, app, volume } = yield* scene((out) =>
        tar(
          ...every,
          file("twice", "one"),
          file("twice", "two"),
          symlink("abs", out),
          hardlink("again", "abs"),
          member({ name: "pipe", type: "6" }),
          ...devices
        )
      )
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] })
      const tree = join(app.dir, "staged/a1/s1/data/tree")
      assert.strictEqual(fs.readdirSync(tree).filter((name) => name.startsWith("byte-")).length, 254)
      assert.strictEqual(fs.readFileSync(join(tree, "twice"), "utf8"), "two")
    }).pipe(Effect.provide(layer))
  )
})
