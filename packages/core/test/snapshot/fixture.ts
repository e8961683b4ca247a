/** An app with a folder of its own, and small things that the tests of snapshots share. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import type { EffectiveApp, SnapshotEngine, Volume, VolumeFilter } from "../../src/domain/App.ts"
import type { SnapshotFailed, UnprovenQuiet } from "../../src/snapshot/SnapshotStore.ts"

export const isRoot = process.getuid?.() === 0

export { temporaryFolder }

/** A small filesystem of its own at `path`, unmounted when the scope closes. */
export const mounted = (path: string, megabytes: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      fs.mkdirSync(path, { recursive: true })
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "lastgood-test", path])
    }),
    () => Effect.sync(() => execFileSync("umount", ["--lazy", path]))
  )

/** May this process mount? (Root in a container often may not.) */
export const canMount = isRoot && spawnSync("unshare", ["--mount", "true"]).status === 0

export const makeApp = (dir: string, filters: Readonly<Record<string, VolumeFilter>> = {}): EffectiveApp =>
  withEngine("tar", testApp({ snapshot: { keep: 3, filters, asideMs: 0 }, dir }))

/** The app with another engine, and time for it: other programs write to the disk, too. */
export const withEngine = (engine: SnapshotEngine, app: EffectiveApp): EffectiveApp => ({
  ...app,
  snapshot: { ...app.snapshot, engine },
  deadlines: { ...app.deadlines, prefetchMs: 300_000, stallMs: 300_000 }
})

export const withMirrors = (app: EffectiveApp): EffectiveApp => withEngine("mirror", app)

export const makeVolume = (path: string, name = "data"): Volume => ({
  kind: "volume",
  name,
  key: name,
  path,
  driver: "local",
  options: {},
  labels: {},
  created: null
})

/** A folder of the host, known by its path. */
export const asFolder = (volume: Volume): Volume => ({ ...volume, kind: "folder", name: volume.path, key: volume.path })

/** Three that a process works on which is killed: the second is a data folder. */
export const threeVolumes = (folder: string): ReadonlyArray<Volume> =>
  ["a", "b", "c"].map((name) => {
    const volume = makeVolume(join(folder, "volumes", name), name)
    return name === "b" ? asFolder(volume) : volume
  })

/** Makes a volume's folder with these files in it. */
export const volumeWith = (path: string, files: Readonly<Record<string, string>>, name = "data"): Volume => {
  fs.mkdirSync(path, { recursive: true })
  write(path, files)
  return makeVolume(path, name)
}

export const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(join(folder, name, ".."), { recursive: true })
    fs.writeFileSync(join(folder, name), content)
  }
}

/** Every path below a folder, sorted; folders end with a slash. */
export const paths = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? "/" : ""))
    .sort()

/** How a call fails whose proof of quiet cannot fail. */
export const failureOf = <A>(call: Effect.Effect<A, SnapshotFailed | UnprovenQuiet>) =>
  Effect.flatMap(Effect.flip(call), (error) =>
    error._tag === "SnapshotFailed" ? Effect.succeed(error) : Effect.die(error)
  )

/** Nothing else runs in these tests. */
export const quiet = { stillQuiet: Effect.void }

export const request = (id: string, volumes: ReadonlyArray<Volume>, envFile: string | null = null) => ({
  id,
  of: { version: "1.0.0", commit: "c0ffee" },
  ts: `2026-01-02T03:04:${id.replace(/\D/g, "").padStart(2, "0")}.000Z`,
  envFile,
  volumes,
  ...quiet
})

/** How to run a TypeScript file in another process of the runtime that runs the tests. */
export const child = (file: string, args: ReadonlyArray<string>): [string, ReadonlyArray<string>] =>
  "Deno" in globalThis
    ? [process.execPath, ["run", "-A", "--node-modules-dir=manual", file, ...args]]
    : [process.execPath, [file, ...args]]
