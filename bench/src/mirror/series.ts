/** How long an app is down for its repeat snapshot, by the size of its data, for several tools. */
import { existsSync } from "node:fs"
import { mkdir, rm } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"
import { median, timed, type Way } from "../measure.ts"
import { changePages, largeFiles, megabyte } from "./content.ts"
import { canMake, type Kind, onDisk } from "./Disk.ts"
import type { Asked } from "./measureMirror.ts"
import { Scene } from "./Scene.ts"

export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<{ readonly megabytes: number; readonly seconds: number }>
}

interface Tool {
  readonly name: string
  readonly kind: Kind
  readonly isThere: boolean
  /** Rounds before those that count. */
  readonly warmUp: number
  /** @param change of the data, since the last snapshot. */
  readonly way: (scene: Scene, disk: string, change: () => Promise<void>) => Way
}

const mirror = (kind: Kind, name: string): Tool => ({
  name,
  kind,
  isThere: canMake(kind),
  warmUp: 1,
  way: (scene, _disk, change) => ({
    name,
    before: async () => {
      await scene.forget()
      await scene.refresh()
      await change()
    },
    act: async () => {
      await scene.capture()
    }
  })
})

/**
 * A program with a repository of its own, without encryption where it can, which has the first snapshot. Each round makes it
 * anew: it grows by most of the data, since it shares chunks that are larger than the changes are far from each other.
 */
const repository = (
  name: string,
  environment: (repository: string) => Readonly<Record<string, string>>,
  initialize: ReadonlyArray<string>,
  backUp: (folder: string) => ReadonlyArray<string>
): Tool => ({
  name,
  kind: "ext4",
  isThere: existsSync(`/usr/bin/${name}`),
  // Each round begins with a first snapshot.
  warmUp: 0,
  way: (scene, disk, change) => {
    const folder = path.join(disk, name)
    const env = environment(folder)
    const run = (args: ReadonlyArray<string>) => execa(name, args, { env, stdio: ["ignore", "ignore", "pipe"] })
    const act = async () => {
      await run(backUp(scene.data))
      await scene.synced()
    }
    return {
      name,
      before: async () => {
        await rm(folder, { recursive: true, force: true })
        await mkdir(folder)
        await run(initialize)
        await act()
        await change()
      },
      act
    }
  }
})

const tools: ReadonlyArray<Tool> = [
  repository(
    "borg",
    (folder) => ({ BORG_REPO: path.join(folder, "repository"), BORG_BASE_DIR: folder }),
    ["init", "--encryption=none"],
    (folder) => ["create", "::{utcnow}", folder]
  ),
  repository(
    "restic",
    (folder) => ({
      RESTIC_REPOSITORY: path.join(folder, "repository"),
      RESTIC_CACHE_DIR: path.join(folder, "cache"),
      RESTIC_PASSWORD: "bench"
    }),
    ["init"],
    (folder) => ["backup", folder]
  ),
  {
    name: "GNU tar",
    kind: "ext4",
    isThere: true,
    warmUp: 1,
    way: (scene, _disk, change) => ({
      name: "GNU tar",
      before: async () => {
        await rm(scene.archive, { force: true })
        await change()
      },
      act: () => scene.tar()
    })
  },
  mirror("ext4", "lastgood, ext4"),
  mirror("xfs", "lastgood, xfs"),
  mirror("btrfs", "lastgood, btrfs")
]

const fileCount = 8

const measureAt = ({ home, rounds }: Asked, tool: Tool, megabytes: number): Promise<number> =>
  onDisk(home, tool.kind, 16, async (disk) => {
    const scene = new Scene(disk)
    await scene.begin()
    await largeFiles(scene.data, fileCount, (megabytes / fileCount) * megabyte)
    await scene.settled()
    let round = 0
    const way = tool.way(scene, disk, async () => {
      round++
      await changePages(scene.data, round)
      await scene.settled()
    })
    const times: Array<number> = []
    for (let at = 0; at < tool.warmUp + rounds; at++) times.push(await timed(way))
    return median(times.slice(tool.warmUp)) / 1000
  })

/** Files of less than 16 MiB would not change. */
export const measureSeries = async (asked: Asked): Promise<ReadonlyArray<Series>> => {
  const sizes = asked.quick ? [128, 256, 512] : [256, 512, 1024, 2048, 4096]
  const series: Array<Series> = []
  for (const tool of tools) {
    if (!tool.isThere) {
      asked.say(`${tool.name}: not installed`)
      continue
    }
    const points = []
    for (const megabytes of sizes) {
      const seconds = await measureAt(asked, tool, megabytes)
      asked.say(`${tool.name}, ${megabytes} MiB: ${seconds.toFixed(2)} s`)
      points.push({ megabytes, seconds })
    }
    series.push({ name: tool.name, points })
  }
  return series
}
