/**
 * The capture of a btrfs subvolume, all of the quiet part, compared with an archive by GNU tar of the same data, which is
 * what the quiet part contains otherwise. Both are durable. The filesystem is a file of its own: root is needed.
 */
import { mkdir, rm } from "node:fs/promises"
import * as path from "node:path"
import type { EffectiveApp, Volume } from "@lastgood/core/domain/App"
import { run } from "@lastgood/core/process/Tool"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { smallFiles } from "../data.ts"
import { measure, type Result } from "../measure.ts"
import { changePages, changeSmall, largeFiles, megabyte } from "./content.ts"
import type { Asked } from "./measureMirror.ts"

interface Case {
  readonly what: string
  /** Makes the data in a folder. */
  readonly fill: (data: string) => Promise<void>
  readonly change: (data: string, round: number) => Promise<void>
}

const tool = (name: string, ...args: ReadonlyArray<string>) => Effect.runPromise(run(name, args))

const measureCase = async (disk: string, rounds: number, { change, fill, what }: Case): Promise<Result> => {
  const volume: Volume = {
    ...{ kind: "volume", name: "data", key: "data", path: path.join(disk, "vol/_data") },
    ...{ driver: "local", options: {}, labels: {}, created: null }
  }
  const archive = path.join(disk, "archive.tar")
  const base = testApp({ name: "bench", recipe: disk, dir: path.join(disk, "root/bench") })
  const app: EffectiveApp = {
    ...base,
    snapshot: { ...base.snapshot, engine: "btrfs" },
    deadlines: { ...base.deadlines, prefetchMs: 600_000, stallMs: 600_000 }
  }
  const store = <A>(use: (store: typeof SnapshotStore.Service) => Effect.Effect<A, unknown>) =>
    Effect.runPromise(Effect.flatMap(SnapshotStore, use).pipe(Effect.provide(layer)))
  let round = 0
  const capture = (snapshots: typeof SnapshotStore.Service) =>
    snapshots.capture(app, {
      id: `s${round}`,
      of: { version: "1.0.0", commit: "c0ffee" },
      ts: new Date(round * 1000).toISOString(),
      envFile: null,
      volumes: [volume],
      stillQuiet: Effect.void
    })
  await mkdir(path.dirname(volume.path))
  await tool("btrfs", "subvolume", "create", volume.path)
  await fill(volume.path)
  return measure({
    what,
    rounds,
    target: 0.02,
    ours: {
      name: "capture of the subvolume",
      before: async () => {
        round++
        await change(volume.path, round)
        await store((snapshots) => snapshots.refresh(app, [volume]))
      },
      act: () => store((snapshots) => Effect.asVoid(capture(snapshots)))
    },
    theirs: {
      name: "tar -cf, sync -f",
      before: async () => {
        await rm(archive, { force: true })
        await tool("sync", "--file-system", disk)
      },
      act: async () => {
        await tool("tar", "-C", volume.path, "-cf", archive, ".")
        await tool("sync", "--file-system", disk)
      }
    }
  })
}

export const measureSubvolumes = async ({ home, quick, rounds, say }: Asked): Promise<ReadonlyArray<Result>> => {
  const files = quick ? 10_000 : 100_000
  const size = (quick ? 32 : 256) * megabyte
  const cases: ReadonlyArray<Case> = [
    {
      what: `${files} small files, 1 % changed`,
      fill: (data) => smallFiles(data, files),
      change: (data, round) => changeSmall(data, files, round)
    },
    {
      what: `6 files of ${size / megabyte} MiB, 1 % of the pages changed`,
      fill: (data) => largeFiles(data, 6, size),
      change: changePages
    }
  ]
  const [image, disk] = [path.join(home, "image"), path.join(home, "disk")]
  await mkdir(disk)
  const results: Array<Result> = []
  for (const each of cases) {
    say(`btrfs subvolume, ${each.what} …`)
    await tool("truncate", "-s", "12G", image)
    await tool("mkfs.btrfs", "-q", image)
    await tool("mount", "-o", "loop", image, disk)
    try {
      results.push(await measureCase(disk, rounds, { ...each, what: `snapshot of a btrfs subvolume, ${each.what}` }))
    } finally {
      await tool("umount", disk)
      await rm(image)
    }
  }
  return results
}
