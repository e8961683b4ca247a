/**
 * What the mirror of a volume saves while the app is down, compared with GNU tar of the same data in the same run. Both
 * are durable. Before each round, the mirror is brought up to date, then a part of the data changes.
 */
import { rm } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"
import { Postgres, postgresPrograms, smallFiles } from "../data.ts"
import { measure, type Pair, type Result } from "../measure.ts"
import { table } from "../table.ts"
import { changePages, changeSmall, largeFiles, megabyte } from "./content.ts"
import { canMake, dropPageCache, type Kind, onDisk } from "./Disk.ts"
import { Scene } from "./Scene.ts"

export interface Asked {
  /** For the filesystems. */
  readonly home: string
  readonly rounds: number
  /** A tenth of the data. */
  readonly quick: boolean
  readonly say: (text: string) => void
}

type Rows = (pairs: ReadonlyArray<Omit<Pair, "rounds">>) => Promise<void>

const tarOf = (scene: Scene, before: () => Promise<unknown> = async () => undefined): Pair["theirs"] => ({
  name: "tar -cf, sync -f",
  before: async () => {
    await rm(scene.archive, { force: true })
    await scene.synced()
    await before()
  },
  act: () => scene.tar()
})

/** @param change of the data, after the mirror is up to date. */
const repeat = (
  scene: Scene,
  what: string,
  target: number,
  change: (round: number) => Promise<void>,
  before?: () => Promise<unknown>
): Omit<Pair, "rounds"> => {
  let round = 0
  return {
    what: `repeat snapshot, ${what}`,
    target,
    ours: {
      name: "quiet part, mirror",
      before: async () => {
        round++
        await scene.forget()
        await scene.refresh()
        await change(round)
        await scene.settled()
        await before?.()
      },
      act: async () => {
        await scene.capture()
      }
    },
    theirs: tarOf(scene, before)
  }
}

const first = (scene: Scene, what: string): Omit<Pair, "rounds"> => ({
  what: `first snapshot, nothing prepared, ${what}`,
  target: 0.7,
  ours: {
    name: "quiet part, archive",
    before: async () => {
      await scene.forget()
      await scene.synced()
    },
    act: async () => {
      await scene.capture("tar")
    }
  },
  theirs: tarOf(scene)
})

const rollback = (scene: Scene, what: string, change: (round: number) => Promise<void>): Omit<Pair, "rounds"> => {
  let round = 0
  let id = ""
  return {
    what: `rollback, from the failed gate to the deploy, ${what}`,
    target: 0.05,
    ours: {
      name: "mirror, checked and renamed in",
      before: async () => {
        round++
        await scene.forget()
        await scene.refresh()
        await rm(scene.archive, { force: true })
        await scene.tar()
        id = await scene.capture()
        await scene.makeArchive(id)
        await change(round)
        await scene.settled()
      },
      act: () => scene.restore(id)
    },
    theirs: {
      name: "rm -rf, tar -xf, sync -f",
      act: async () => {
        await execa("find", [scene.data, "-mindepth", "1", "-delete"])
        await execa("tar", ["-C", scene.data, "-xf", scene.archive])
        await scene.synced()
      }
    }
  }
}

const small = async (scene: Scene, files: number, rows: Rows): Promise<void> => {
  const what = `${files} small files`
  const change = (round: number) => changeSmall(scene.data, files, round)
  await smallFiles(scene.data, files)
  await rows([
    first(scene, what),
    repeat(scene, `${what}, 1 % changed`, 0.2, change),
    repeat(scene, `${what}, 1 % changed, not in the page cache`, 0.06, change, dropPageCache),
    rollback(scene, what, change)
  ])
}

/** Up to the stop of the app, as an upgrade does it: what changed in the last 30 seconds is copied again. */
const underLoad = (scene: Scene, server: Postgres, seconds: number) =>
  repeat(scene, `PostgreSQL, 300 transactions a second up to the stop`, 0.45, () =>
    server.load(300, seconds, () => scene.refresh())
  )

const postgres = async (asked: Asked, scene: Scene, rows: Rows): Promise<void> => {
  const programs = await postgresPrograms()
  if (programs === null) return asked.say("PostgreSQL is not installed: apt-get install postgresql")
  const scale = asked.quick ? 5 : 60
  const server = new Postgres(scene.data, programs)
  await server.make(scale)
  const what = `PostgreSQL data folder (pgbench scale ${scale})`
  const pages = (kind: Kind, other: Scene, target: number) =>
    repeat(other, `${what}, 1 % of the pages changed, ${kind}`, target, (round) => changePages(other.data, round))
  await rows([
    first(scene, what),
    underLoad(new Scene(path.dirname(scene.archive), 30), server, asked.quick ? 5 : 20),
    pages("ext4", scene, 0.4)
  ])
  for (const kind of ["xfs", "btrfs"] as const) {
    if (!canMake(kind)) asked.say(`mkfs.${kind} is not installed`)
    else {
      await onDisk(asked.home, kind, 12, async (disk) => {
        const other = new Scene(disk)
        await other.begin()
        await execa("cp", ["-a", scene.data, other.data])
        await rows([pages(kind, other, 0.1)])
      })
    }
  }
}

export const measureMirror = async (asked: Asked): Promise<ReadonlyArray<Result>> => {
  const { home, quick, rounds, say } = asked
  const results: Array<Result> = []
  const rows: Rows = async (pairs) => {
    for (const pair of pairs) {
      say(`${pair.what} …`)
      const result = await measure({ ...pair, rounds })
      say(table([result]).split("\n").at(-1) ?? "")
      results.push(result)
    }
  }
  await onDisk(home, "ext4", 18, async (disk) => {
    // The server runs as its own user, which needs access to the folder.
    await execa("chmod", ["755", home])
    const scene = new Scene(disk)
    await scene.begin()
    await small(scene, quick ? 10_000 : 100_000, rows)
    await scene.clear()
    await scene.begin()
    await postgres(asked, scene, rows)
    await scene.clear()
    await scene.begin()
    const size = quick ? 64 : 512
    await largeFiles(scene.data, 8, size * megabyte)
    await rows([first(scene, `8 files of ${size} MiB`)])
  })
  return results
}
