/** A volume and its mirror, for tests of the mirror's tree. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Heartbeat } from "../../../src/process/Heartbeat.ts"
import { openFolder } from "../../../src/snapshot/Folder.ts"
import { hold, makeOwn } from "../../../src/snapshot/Held.ts"
import { differingContent } from "../../../src/snapshot/mirror/tree/Comparing.ts"
import { manifestAt, readList } from "../../../src/snapshot/mirror/tree/List.ts"
import * as Manifest from "../../../src/snapshot/mirror/tree/Manifest.ts"
import { LongestWrite } from "../../../src/snapshot/mirror/tree/Racy.ts"
import * as Tree from "../../../src/snapshot/mirror/tree/Tree.ts"
import { canMount, makeApp, makeVolume, temporaryFolder } from "../fixture.ts"

const lacksFor = (kind: string): string =>
  !canMount ? "no permission to mount" : spawnSync("which", [`mkfs.${kind}`]).status === 0 ? "" : `no mkfs.${kind}`

/** Why there can be no filesystem of this kind here; empty: there can. It is an error where one is required. */
export const missingFor = (kind: string): string => {
  const missing = lacksFor(kind)
  if (missing !== "" && process.env["LASTGOOD_TEST_LOOP"] === "required") throw new Error(missing)
  return missing
}

/** Where a sync need not wait for what other programs write. */
const inMemory = ["/dev/shm"].filter((folder) => fs.existsSync(folder))

/** A filesystem in a sparse file, mounted until the scope closes. */
export const filesystem = (kind: string, size = "600M") =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder(...inMemory)
    const at = join(folder, "disk")
    fs.mkdirSync(at)
    inFolder(folder, `truncate -s ${size} image; mkfs.${kind} -q image`)
    yield* Effect.acquireRelease(
      Effect.sync(() => inFolder(folder, "mount -o loop image disk")),
      () => Effect.sync(() => execFileSync("umount", ["--lazy", at]))
    )
    return at
  })

/** A folder of its own, if possible on an ext4 of its own. */
export const anyFilesystem = Effect.suspend(() => (missingFor("ext4") === "" ? filesystem("ext4") : temporaryFolder()))

/** @param folder an empty folder: the volume is made in it, and the mirror. */
export const mirrorIn = (folder: string) => {
  const volume = join(folder, "vol/_data")
  const tree = join(folder, "mirror/data/tree")
  fs.mkdirSync(volume, { recursive: true })
  const held = Effect.gen(function* () {
    const home = yield* makeOwn(yield* hold(folder), ["mirror", "data"])
    const opened = yield* openFolder(makeApp(join(folder, "root/notes")), makeVolume(volume))
    return { home, opened }
  })
  return {
    volume,
    tree,
    home: join(folder, "mirror/data"),
    /** @param longestWrite in seconds; short, so that a test need not wait for what it wrote to be an older change. */
    refresh: (mode: "beside" | "quiet", longestWrite = 0.1) =>
      Effect.scoped(Effect.flatMap(held, ({ home, opened }) => Tree.refresh(opened, home, mode))).pipe(
        Effect.provideService(LongestWrite, longestWrite)
      ),
    /** Beside the app, in several parts. */
    refreshInParts: (longestWrite = 0.1) =>
      Effect.scoped(Effect.flatMap(held, ({ home, opened }) => Tree.refresh(opened, home, "beside"))).pipe(
        Effect.provideService(LongestWrite, longestWrite),
        Effect.provideService(Tree.FirstPart, 1 << 20)
      ),
    /** Of one part of the content. @param beat is called before each piece. */
    differing: (part: number, parts: number, beat = () => {}) =>
      Effect.gen(function* () {
        const { home, opened } = yield* held
        const manifest = yield* readList(manifestAt(home))
        return manifest === null ? ["no manifest"] : yield* differingContent(opened.at, home, manifest, part, parts)
      }).pipe(Effect.scoped, Effect.provideService(Heartbeat, { beat, everyMs: null })),
    problems: Effect.scoped(Effect.flatMap(held, ({ home }) => Manifest.problemsOf(home))),
    manifest: Effect.scoped(Effect.flatMap(held, ({ home }) => Manifest.manifestOf(home)))
  }
}

/** Runs a script in a folder. */
export const inFolder = (folder: string, script: string): string =>
  execFileSync("bash", ["-c", `set -eu; ${script}`], {
    cwd: folder,
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"]
  }).toString("latin1")
