/**
 * `npm run bench [-- --write] [--quick] [--dir <folder>]`: lastgood compared with the tools that one would use instead, as
 * ratios of one run. `--write` writes the table into docs/benchmarks.md. `--dir`: the folder for the data; a filesystem
 * mounted with `discard` deletes slowly, which favours lastgood. `npm run bench -- fleet` measures a host of many apps, and
 * `npm run bench -- reading` a log of many events. `npm run bench -- mirror` measures the mirror of a volume, `mirror-chart` the
 * downtime by the size of the data, beside other tools, and `mirror-memory` the memory for a million files; with `--rounds <n>`
 * of each.
 */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { coldStart } from "./coldStart.ts"
import { postgresFolder, postgresPrograms, smallFiles } from "./data.ts"
import { log } from "./log.ts"
import type { Result } from "./measure.ts"
import type { Asked } from "./mirror/measureMirror.ts"
import { writeChart, writeInto } from "./page.ts"
import { snapshots } from "./snapshots.ts"
import { table } from "./table.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    apps: { type: "string", default: "1000" },
    idle: { type: "string", default: "120" },
    events: { type: "string", default: "1000000" },
    rounds: { type: "string" },
    dir: { type: "string", default: os.tmpdir() }
  }
})
const say = (text: string) => process.stderr.write(`${text}\n`)

const comparisons = async () => {
  const rounds = values.quick ? 2 : 5
  const work = await mkdtemp(path.join(values.dir, "lastgood-bench-"))
  const results: Array<Result> = []

  try {
    const files = values.quick ? 10_000 : 100_000
    say(`making ${files} small files …`)
    const small = path.join(work, "small/_data")
    await smallFiles(small, files)
    say("snapshot and restore of small files …")
    results.push(...(await snapshots(`${files} small files`, small, path.join(work, "small"), rounds)))
    await rm(path.join(work, "small"), { recursive: true })

    const programs = await postgresPrograms()
    if (programs === null) {
      say("PostgreSQL is not installed, so its rows are missing: apt-get install postgresql")
    } else {
      const scale = values.quick ? 5 : 60
      say(`making a PostgreSQL data folder (pgbench scale ${scale}) …`)
      const pg = path.join(work, "pg/_data")
      await mkdir(path.dirname(pg), { recursive: true })
      // The server runs as its own user, which needs access to the folder.
      for (const folder of [work, path.dirname(pg)]) await chmod(folder, 0o755)
      await postgresFolder(pg, programs, scale)
      say("snapshot and restore of the PostgreSQL data folder …")
      results.push(
        ...(await snapshots(`PostgreSQL data folder (pgbench scale ${scale})`, pg, path.join(work, "pg"), rounds))
      )
      await rm(path.join(work, "pg"), { recursive: true })
    }
    say("cold start …")
    results.push(...(await coldStart(work, values.quick ? 5 : 15)))
    say("the log …")
    results.push(...(await log(work, rounds)))
  } finally {
    await rm(work, { recursive: true, force: true })
  }

  const text = table(results)
  process.stdout.write(`${text}\n`)
  if (values.write) say(`written to ${await writeInto("results", text)}`)
}

const fleet = async () => {
  const { fleetTable, measureFleet } = await import("./fleet/measureFleet.ts")
  const home = await mkdtemp(path.join(values.dir, "lastgood-fleet-"))
  try {
    const text = fleetTable(
      await measureFleet({ home, apps: Number(values.apps), idleSeconds: Number(values.idle), say })
    )
    process.stdout.write(`${text}\n`)
    if (values.write) say(`written to ${await writeInto("fleet", text)}`)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const reading = async () => {
  const { measureReading, readingTable } = await import("./reading/measureReading.ts")
  const home = await mkdtemp(path.join(values.dir, "lastgood-reading-"))
  try {
    const rounds = values.quick ? 1 : 3
    const text = readingTable(await measureReading({ home, events: Number(values.events), rounds, say }))
    process.stdout.write(`${text}\n`)
    if (values.write) say(`written to ${await writeInto("reading", text)}`)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Filesystems of their own in `--dir`, of which each takes as much space as its data. */
const inMirrorHome = async (use: (asked: Asked) => Promise<void>) => {
  const home = await mkdtemp(path.join(values.dir, "lastgood-mirror-"))
  try {
    await use({ home, rounds: Number(values.rounds ?? (values.quick ? 3 : 7)), quick: values.quick, say })
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

const mirror = () =>
  inMirrorHome(async (asked) => {
    const { measureMirror } = await import("./mirror/measureMirror.ts")
    const text = table(await measureMirror(asked))
    process.stdout.write(`${text}\n`)
    if (values.write) say(`written to ${await writeInto("mirror", text)}`)
  })

const btrfs = () =>
  inMirrorHome(async (asked) => {
    const { measureSubvolumes } = await import("./mirror/measureSubvolume.ts")
    process.stdout.write(`${table(await measureSubvolumes(asked))}\n`)
  })

const mirrorMemory = () =>
  inMirrorHome(async (asked) => {
    const { measureMemory } = await import("./mirror/memory.ts")
    const text = await measureMemory(asked)
    process.stdout.write(`${text}\n`)
    if (values.write) say(`written to ${await writeInto("mirror-memory", text)}`)
  })

const mirrorChart = () =>
  inMirrorHome(async (asked) => {
    const { measureSeries } = await import("./mirror/series.ts")
    const { draw, seriesTable } = await import("./mirror/chart.ts")
    const series = await measureSeries(asked)
    const text = seriesTable(series)
    process.stdout.write(`${text}\n`)
    if (!values.write) return
    const svg = draw("Downtime for a repeat snapshot, by the size of the data", series, (name) =>
      name.startsWith("lastgood")
    )
    say(`written to ${await writeInto("mirror-chart", text)} and ${await writeChart("downtime", svg)}`)
  })

const parts: Readonly<Record<string, () => Promise<void>>> = {
  fleet,
  reading,
  mirror,
  btrfs,
  "mirror-chart": mirrorChart,
  "mirror-memory": mirrorMemory
}
await (parts[positionals[0] ?? ""] ?? comparisons)()
