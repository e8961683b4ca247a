/** Snapshot and restore compared with GNU tar, as a script would use it. Both are durable. */
import { mkdir, rm } from "node:fs/promises"
import * as path from "node:path"
import type { EffectiveApp, Volume } from "@lastgood/core/domain/App"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { measure, type Result } from "./measure.ts"

const appIn = (dir: string): EffectiveApp =>
  testApp({ name: "bench", recipe: dir, snapshot: { keep: 1, filters: {}, asideMs: 0 }, dir })

const volumeAt = (folder: string): Volume => ({
  name: "data",
  key: "data",
  path: folder,
  driver: "local",
  options: {},
  labels: {},
  created: null
})

type Store = typeof SnapshotStore.Service
const using = <A, E>(use: (store: Store) => Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(SnapshotStore.use(use).pipe(Effect.provide(TarSnapshots.layer)))

/** @param data a folder that holds the data; it is replaced by restored copies of itself. */
export const snapshots = async (
  label: string,
  data: string,
  work: string,
  rounds: number
): Promise<ReadonlyArray<Result>> => {
  const app = appIn(path.join(work, "root/bench"))
  const volumes = [volumeAt(data)]
  const tar = path.join(work, "seed.tar")
  await mkdir(app.dir, { recursive: true, mode: 0o700 })
  let round = 0
  const request = () => ({
    id: `s${round}`,
    of: { version: "1", commit: "c" },
    ts: "2026-01-01T00:00:00.000Z",
    envFile: null,
    volumes,
    stillQuiet: Effect.void
  })

  const snapshot = await measure({
    what: `snapshot, ${label}`,
    rounds,
    target: 1.15,
    ours: {
      name: "capture",
      before: async () => {
        round++
        await rm(path.join(app.dir, "snapshots"), { recursive: true, force: true })
        await execa("sync", ["-f", work])
      },
      act: async () => {
        await using((s) => s.capture(app, request()))
      }
    },
    theirs: {
      name: "tar -cf, sync -f",
      before: async () => {
        await rm(tar, { force: true })
        await execa("sync", ["-f", work])
      },
      act: async () => {
        await execa("tar", ["-C", data, "-cf", tar, "."])
        await execa("sync", ["-f", tar])
      }
    }
  })

  await using((s) => s.capture(app, request()))
  let attempt = 0
  const restore = await measure({
    what: `restore, the quiet part, ${label}`,
    rounds: Math.min(rounds, 3),
    target: 0.05,
    ours: {
      name: "swap (staged before)",
      before: async () => {
        await rm(path.join(app.dir, "aside"), { recursive: true, force: true })
        attempt++
        await using((s) => s.stage(app, { id: `s${round}`, attempt: `a${attempt}`, volumes }))
      },
      act: async () => {
        await using((s) => s.swap(app, { stillQuiet: Effect.void, id: `s${round}`, attempt: `a${attempt}`, volumes }))
      }
    },
    theirs: {
      name: "rm -rf, tar -xf, sync -f",
      act: async () => {
        await execa("find", [data, "-mindepth", "1", "-delete"])
        await execa("tar", ["-C", data, "-xf", tar])
        await execa("sync", ["-f", data])
      }
    }
  })
  return [snapshot, restore]
}
