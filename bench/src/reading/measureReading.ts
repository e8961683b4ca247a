/**
 * `npm run bench -- reading [--events 1000000] [--write]`: reading a long log that lastgood did not write, of 20 apps, beside
 * programs that read the same bytes and do nothing else with them.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import type { App } from "@lastgood/core/domain/App"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layerReadOnly } from "@lastgood/core/log/EventStoreSqlite"
import { killContained } from "@lastgood/core/runtime/local/Containment"
import { isAlive, leaders } from "@lastgood/core/runtime/local/Members"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { writeCommand } from "../../../build/writeCommand.ts"
import { writeForeignExport } from "./foreignExport.ts"
import { type Host, makeHost } from "./Host.ts"
import { type Measured, median, run } from "./run.ts"

export interface Options {
  /** A folder of its own. */
  readonly home: string
  readonly events: number
  readonly rounds: number
  readonly say: (text: string) => void
}

const apps = 20
/** The app that is upgraded, after a history as long as those of the others. */
const acting = "app4"

export interface Row {
  readonly what: string
  readonly seconds: number
  readonly cpu: number
  /** null: not measured. */
  readonly memory: number | null
  readonly beside: { readonly name: string; readonly seconds: number }
  /** Events that are read; null: only a few of them. */
  readonly events: number | null
  /** The most seconds; null: no goal. */
  readonly most: number | null
}

/** What a script would do instead: prints each row as a line of JSON. */
const select = `
const { DatabaseSync } = require("node:sqlite")
const db = new DatabaseSync(process.argv[1], { readOnly: true })
const page = db.prepare("SELECT * FROM events WHERE position > ? ORDER BY position LIMIT 1000")
for (let after = 0; ; ) {
  const rows = page.all(after)
  if (rows.length === 0) break
  process.stdout.write(rows.map((row) => JSON.stringify(row)).join("\\n") + "\\n")
  after = rows.at(-1).position
}`

/** When the newest attempt began its first step, in epoch milliseconds. */
const firstStepAt = async (root: string): Promise<number> => {
  const events = await EventStore.use((store) =>
    Effect.flatMap(store.head, ({ position }) => store.readAll({ after: Math.max(0, position - 1000) }))
  ).pipe(Effect.provide(layerReadOnly({ path: path.join(root, "events.db") })), Effect.runPromise)
  const begun = events.findLastIndex(({ type }) => type === "UpgradeAttempted")
  const step = events.slice(begun).find(({ type }) => type === "StepStarted")
  return Date.parse(step?.at ?? "")
}

const kill = (app: Pick<App, "dir" | "name">) => {
  for (const { pid } of leaders(app).filter(isAlive)) process.kill(-pid, "SIGKILL")
  killContained(app)
}

export const measureReading = async ({ events, home, rounds, say }: Options): Promise<ReadonlyArray<Row>> => {
  const node = process.execPath
  const built = path.join(home, "lastgood")
  await writeCommand(built)
  const server = createServer((_, response) => response.end("ok"))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const [long, short] = [
    await makeHost(path.join(home, "long"), apps, port),
    await makeHost(path.join(home, "short"), apps, port)
  ]
  const lastgood = ({ flags }: Host, ...args: ReadonlyArray<string>) =>
    run(node, [path.join(built, "bin/lastgood.mjs"), ...args, ...flags])
  const exported = path.join(home, "export.jsonl")
  const log = path.join(long.root, "events.db")
  const rows: Array<Row> = []

  type Ran = Pick<Measured, "seconds" | "cpu"> & { readonly memory: number | null }
  const compare = async (
    what: string,
    ours: () => Promise<Ran>,
    [name, theirs]: readonly [string, () => Promise<Ran>],
    { all, most, times = rounds }: { readonly all: boolean; readonly most: number | null; readonly times?: number }
  ) => {
    const pairs: Array<{ readonly ours: Ran; readonly theirs: Ran }> = []
    for (let round = 0; round < times; round++) pairs.push({ ours: await ours(), theirs: await theirs() })
    const of = (value: (pair: (typeof pairs)[number]) => number) => median(pairs.map(value))
    const memory = Math.max(...pairs.map((pair) => pair.ours.memory ?? 0))
    const row: Row = {
      ...{ what, most, events: all ? events : null, memory: memory === 0 ? null : memory },
      ...{ seconds: of((pair) => pair.ours.seconds), cpu: of((pair) => pair.ours.cpu) },
      beside: { name, seconds: of((pair) => pair.theirs.seconds) }
    }
    rows.push(row)
    say(readingTable([row]).split("\n").at(-1) ?? "")
  }

  /** Upgrades the app to a new version. @returns the time to the first step. */
  let minor = 0
  const upgrade = async (host: Host): Promise<Ran> => {
    await host.tag(`9.${++minor}.0+9.${minor}.0`)
    const start = Date.now()
    const { cpu } = await lastgood(host, "upgrade", acting, "--quiet")
    return { seconds: ((await firstStepAt(host.root)) - start) / 1000, cpu, memory: null }
  }

  try {
    say(`writing an export of ${events} events …`)
    writeForeignExport(exported, events, apps)
    const sum = ["sha256sum of the same bytes", () => run("sha256sum", [exported])] as const
    await compare("import", () => lastgood(long, "import", exported), sum, { all: true, most: null, times: 1 })
    const plain = ["SELECT, JSON.stringify", () => run(node, ["-e", select, log])] as const
    const atRate = events / 100_000
    await compare("log --json", () => lastgood(long, "log", "--json"), plain, { all: true, most: atRate })
    await compare("replay --json", () => lastgood(long, "replay", "--json"), plain, { all: true, most: atRate })
    await compare("verify", () => lastgood(long, "verify"), sum, { all: true, most: atRate })
    await compare("export", () => lastgood(long, "export", "--quiet"), sum, { all: true, most: null })
    for (const [host, ...flags] of [[long, "--without-data"], [short]] as const) {
      await host.tag("9.0.0+9.0.0")
      await lastgood(host, "deploy", acting, "--to", "9.0.0+9.0.0", "--quiet", ...flags)
    }
    const status = (host: Host) => () => lastgood(host, "status", acting)
    const few = { all: false, times: 2 * rounds + 1 }
    await compare("status of one app", status(long), ["on a short log", status(short)], { ...few, most: 0.4 })
    const upgrades = ["on a short log", () => upgrade(short)] as const
    await compare("upgrade, to its first step", () => upgrade(long), upgrades, { ...few, most: 0.5 })
    return rows
  } finally {
    for (const { root } of [long, short]) kill({ name: acting, dir: path.join(root, acting) })
    server.close()
    await execa("sync")
  }
}

const seconds = (value: number): string => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`)

const goal = ({ most, seconds: took }: Row): string =>
  most === null ? "" : `≤ ${seconds(most)} ${took <= most ? "met" : "**missed**"}`

export const readingTable = (rows: ReadonlyArray<Row>): string =>
  [
    "| what | lastgood | of the processor | events a second | memory | beside it | ratio | goal |",
    "|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => {
      const rate = row.events === null ? "" : Math.round(row.events / row.seconds).toLocaleString("en")
      const memory = row.memory === null ? "" : `${Math.round(row.memory / 1e6)} MB`
      const ratio = `${(row.seconds / row.beside.seconds).toFixed(2)}×`
      return `| ${row.what} | ${seconds(row.seconds)} | ${seconds(row.cpu)} | ${rate} | ${memory} | ${row.beside.name}: ${seconds(row.beside.seconds)} | ${ratio} | ${goal(row)} |`
    })
  ].join("\n")
