/**
 * The quiet refresh of a mirror compared with an archive by GNU tar of the same data, which is what the quiet window
 * contains without a mirror. Both are durable. Before each round, the mirror is brought up to date, then a part of the
 * data changes.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { syncFilesystem } from "@lastgood/core/process/syncFilesystem"
import { createArchive } from "@lastgood/core/snapshot/Archive"
import { type Folder, openFolder } from "@lastgood/core/snapshot/Folder"
import { type Held, hold, makeOwn } from "@lastgood/core/snapshot/Held"
import type { Mode } from "@lastgood/core/snapshot/mirror/tree/Mode"
import { LongestWrite } from "@lastgood/core/snapshot/mirror/tree/Racy"
import { refresh } from "@lastgood/core/snapshot/mirror/tree/Tree"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { smallFiles } from "../data.ts"
import { measure, type Result } from "../measure.ts"
import { table } from "../table.ts"
import { measureSubvolume } from "./measureSubvolume.ts"

const megabyte = 1024 * 1024
const blockBytes = 8192

/** Large files like those of a database, with content that differs everywhere. */
const largeFiles = async (folder: string, count: number, bytes: number): Promise<void> => {
  await mkdir(folder, { recursive: true })
  for (let i = 0; i < count; i++) {
    const file = openSync(path.join(folder, `large${i}`), "w")
    for (let at = 0; at < bytes; at += megabyte) writeSync(file, Buffer.alloc(megabyte, `${i} ${at} `))
    closeSync(file)
  }
}

/** Evenly distributed, and the same in every run. */
const scattered = (count: number, of: number, round: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => (i * 7_919_000_003 + round * 104_729) % of)

/** Rewrites 1 % of the files, adds 0.1 % and removes 0.1 %. */
const changeSmall = async (folder: string, files: number, round: number): Promise<void> => {
  const at = (i: number) => path.join(folder, `d${Math.floor(i / 500)}`, `f${i % 500}`)
  for (const i of scattered(files / 100, files, round)) await writeFile(at(i), `round ${round} `.repeat(500))
  for (const i of scattered(files / 1000, files, round)) {
    await rm(`${at(i)}.${round - 1}`, { force: true })
    await writeFile(`${at(i)}.${round}`, `round ${round} `.repeat(500))
  }
  for (const i of scattered(files / 1000, files, round + 7)) await rm(at(i), { force: true })
}

/** Overwrites 1 % of the blocks in place. */
const changeLarge = async (folder: string, round: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const blocks = Math.floor((await stat(file)).size / blockBytes)
    const open = openSync(file, "r+")
    for (const block of scattered(Math.floor(blocks / 100), blocks, round)) {
      writeSync(open, Buffer.alloc(blockBytes, `${round} ${block} `), 0, blockBytes, block * blockBytes)
    }
    closeSync(open)
  }
}

export interface Case {
  readonly what: string
  readonly target: number
  /** Makes the data in a folder. */
  readonly fill: (data: string) => Promise<void>
  readonly change: (data: string, round: number) => Promise<void>
}

const measureCase = async (home: string, rounds: number, { change, fill, target, what }: Case): Promise<Result> => {
  const data = path.join(home, "vol/_data")
  const archive = path.join(home, "archive.tar")
  const app = testApp({ name: "bench", recipe: home, dir: path.join(home, "root/bench") })
  const using = (use: (folder: Folder, mirror: Held) => Effect.Effect<unknown, unknown>) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const folder = yield* openFolder(app, {
          kind: "volume",
          name: "data",
          key: "data",
          path: data,
          driver: "local",
          options: {},
          labels: {},
          created: null
        })
        yield* use(folder, yield* makeOwn(yield* hold(home), ["mirror", "data"]))
      }).pipe(Effect.scoped)
    )
  // The data was filled just before: to a refresh, all of it would be recent.
  const refreshing = (mode: Mode) =>
    using((folder, mirror) => Effect.provideService(refresh(folder, mirror, mode), LongestWrite, 0.1))
  const synced = () => Effect.runPromise(syncFilesystem(home))
  await fill(data)
  let round = 0
  const result = await measure({
    what,
    rounds,
    target,
    ours: {
      name: "quiet refresh of the mirror",
      before: async () => {
        round++
        await refreshing("beside")
        await change(data, round)
        // What changed just before the refresh would be copied by the next one, too.
        await setTimeout(500)
        await synced()
      },
      act: () => refreshing("quiet")
    },
    theirs: {
      name: "GNU tar, all attributes, synced",
      before: async () => {
        await rm(archive, { force: true })
        await synced()
      },
      act: () =>
        using((folder) =>
          Effect.andThen(createArchive(folder, { include: [], exclude: [] }, archive), syncFilesystem(home))
        )
    }
  })
  for (const made of ["vol", "mirror", "archive.tar"]) await rm(path.join(home, made), { recursive: true })
  return result
}

/** @param quick a tenth of the data. */
export const measureMirror = async (
  home: string,
  rounds: number,
  quick: boolean,
  say: (text: string) => void
): Promise<ReadonlyArray<Result>> => {
  const files = quick ? 10_000 : 100_000
  const size = (quick ? 32 : 256) * megabyte
  const cases: ReadonlyArray<Case> = [
    {
      what: `repeat snapshot, the quiet part, ${files} small files, 1 % changed`,
      target: 0.2,
      fill: (data) => smallFiles(data, files),
      change: (data, round) => changeSmall(data, files, round)
    },
    {
      what: `repeat snapshot, the quiet part, 6 files of ${size / megabyte} MiB, 1 % of the 8 KiB blocks changed`,
      target: 0.4,
      fill: (data) => largeFiles(data, 6, size),
      change: changeLarge
    }
  ]
  const results: Array<Result> = []
  if (process.getuid?.() === 0) {
    say("the same on btrfs …")
    results.push(...(await measureSubvolume(home, rounds, cases)))
    say(table(results))
  }
  for (const each of cases) {
    say(`${each.what} …`)
    const result = await measureCase(home, rounds, each)
    say(table([result]))
    results.push(result)
  }
  return results
}
