/**
 * An archive is a plain tar: a reader that shares no code with GNU tar, which wrote it, finds in it what lies in the volume.
 *
 * npm's tar does not know sparse files and reads names as UTF-8, and an xattr that is made to look like a header deceives
 * it. The tree is therefore without these, and lastgood itself never reads an archive with it.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { list, type ReadEntry } from "tar"
import { makeApp } from "./SnapshotSuite.ts"
import { fillTree } from "./SnapshotTree.ts"

const removeWhatItCannotRead = (root: string): void => {
  const script = `cd "$1"; setfattr -x user.tricky deep; rm -r holes onlyhole onlyhole2 GNUSparseFile.0
    rm "$(printf 'caf\\351')" "$(printf '\\377\\376')"`
  execFileSync("bash", ["-euc", script, "bash", root])
}

/** Hundredths of a second: npm's tar keeps times as floating-point milliseconds. The sum makes 0 of -0. */
const hundredths = (ms: number): number => Math.round(ms / 10) + 0

/** What both readers tell of a path. */
interface Described {
  readonly type: string
  readonly mode: number
  readonly owner: string
  readonly mtime: number
  /** Bytes of a file, or what a symlink points to. */
  readonly content: string
  readonly device: string
}

const typeOf = (stats: fs.Stats): string => {
  if (stats.isFile()) return "File"
  if (stats.isDirectory()) return "Directory"
  if (stats.isSymbolicLink()) return "SymbolicLink"
  if (stats.isFIFO()) return "FIFO"
  return stats.isBlockDevice() ? "BlockDevice" : "CharacterDevice"
}

const contentOf = (path: string, type: string): string => {
  if (type === "SymbolicLink") return fs.readlinkSync(path)
  return type === "File" ? fs.readFileSync(path, "latin1") : ""
}

/** Relative to the root, which is the empty path. Links are not followed. */
const pathsBelow = (root: string, path = ""): ReadonlyArray<string> => [
  path,
  ...(fs.lstatSync(join(root, path)).isDirectory()
    ? fs.readdirSync(join(root, path)).flatMap((name) => pathsBelow(root, join(path, name)))
    : [])
]

const inVolume = (root: string) => {
  const found = pathsBelow(root).map((name): readonly [string, Described & { readonly inode: number }] => {
    const stats = fs.lstatSync(join(root, name))
    const type = typeOf(stats)
    const device = type.endsWith("Device") ? `${stats.rdev >> 8}:${stats.rdev & 0xff}` : ""
    return [
      name,
      {
        type,
        mode: stats.mode & 0o7777,
        owner: `${stats.uid}:${stats.gid}`,
        mtime: hundredths(stats.mtimeMs),
        content: contentOf(join(root, name), type),
        device,
        inode: stats.ino
      }
    ]
  })
  return new Map(found)
}

const nameIn = (path: string): string => path.replace(/^\.\//, "").replace(/\/$/, "")

/** Hard links are entries of their own, which name another one. */
const inArchive = async (file: string) => {
  const entries = new Map<string, Described>()
  const links = new Map<string, string>()
  const problems: Array<string> = []
  const take = (entry: ReadEntry) => {
    if (entry.type === "Link") return links.set(nameIn(entry.path), nameIn(entry.linkpath ?? ""))
    const chunks: Array<Buffer> = []
    entry.on("data", (chunk) => chunks.push(chunk))
    return entry.on("end", () => {
      const isDevice = entry.type.endsWith("Device")
      entries.set(nameIn(entry.path), {
        type: entry.type,
        mode: entry.mode ?? -1,
        owner: `${entry.uid}:${entry.gid}`,
        mtime: hundredths(entry.mtime?.getTime() ?? Number.NaN),
        content: entry.type === "SymbolicLink" ? (entry.linkpath ?? "") : Buffer.concat(chunks).toString("latin1"),
        device: isDevice ? `${entry.header.devmaj}:${entry.header.devmin}` : ""
      })
    })
  }
  await list({ file, strict: true, onwarn: (code) => problems.push(code), onReadEntry: take })
  return { entries, links, problems }
}

/** Verifies: LAW-11 */
describe("an archive, read by another reader than GNU tar,", () => {
  it.live("has exactly the names, contents, modes, owners, times and links of the volume", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const store = yield* SnapshotStore
      const app = makeApp(join(folder, "root/notes"))
      const path = join(folder, "data/_data")
      fs.mkdirSync(path, { recursive: true })
      fillTree(path)
      removeWhatItCannotRead(path)
      const volume = { name: "data", key: "data", path, driver: "local", options: {}, labels: {}, created: null }
      yield* store.prepare(app, [volume])
      yield* store.capture(app, {
        id: "s1",
        of: { version: "1.0.0", commit: "c0ffee" },
        ts: "2026-01-02T03:04:05.000Z",
        envFile: null,
        volumes: [volume],
        stillQuiet: Effect.void
      })

      const expected = inVolume(path)
      const file = join(app.dir, "snapshots/s1/volumes/data.tar")
      const { entries, links, problems } = yield* Effect.promise(() => inArchive(file))
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual([...entries.keys(), ...links.keys()].sort(), [...expected.keys()].sort())
      for (const [name, seen] of entries) {
        const { inode: _, ...there } = expected.get(name) ?? assert.fail(name)
        assert.deepStrictEqual(seen, there, name)
      }
      for (const [name, target] of links) {
        assert.strictEqual(expected.get(name)?.inode, expected.get(target)?.inode, `${name} is ${target}`)
      }
      assert.isAbove(links.size, 5)
    }).pipe(Effect.provide(layer))
  )
})
