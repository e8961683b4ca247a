/** What must be true whenever lastgood has come to an end, whatever was done to it. Each finding is a broken promise. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Data, dataInFolder, sameData, textOf } from "./data.ts"
import { chainProblems, dataOf, type Row, readLog } from "./log.ts"
import { commandOf, descriptorsOf, mentioning } from "./processes.ts"
import { currentSnapshot } from "./snapshot.ts"
import type { World } from "./world.ts"

/** LAW-6, LAW-4: true at any instant, also while nothing of lastgood runs in the middle of an attempt. */
export const alwaysProblems = (
  world: World,
  /** What a snapshot has to hold. */
  expected: (id: string, version: string) => Data | undefined
): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const rows = readLog(world.log)
  if (rows.length > 0) problems.push(...chainProblems(world.log, rows).map((p) => `the log: ${p}`))
  const current = currentSnapshot(world.appDir)
  const taken = rows.some(({ type }) => type === "SnapshotTaken")
  if (current === null) return taken ? [...problems, "LAW-4: there is no snapshot, the log knows one"] : problems
  if ("broken" in current) return [...problems, `LAW-4: the snapshot is not whole: ${current.broken}`]
  problems.push(...current.problems.map((p) => `LAW-4: ${p}`))
  const belongs = expected(current.id, current.version)
  if (belongs === undefined) problems.push(`snapshot ${current.id} of ${current.version} is not one that was taken`)
  else if (!sameData(belongs, current.data)) {
    problems.push(`LAW-11: the snapshot ${current.id} holds ${textOf(current.data)}, expected ${textOf(belongs)}`)
  }
  return problems
}

/** The last good version by the log alone. */
export const lastGoodIn = (rows: ReadonlyArray<Row>): string | null => {
  let version: string | null = null
  for (const row of rows) {
    const data = dataOf(row)
    if (row.type === "UpgradeCommitted" || row.type === "SnapshotPromoted") version = String(data["version"])
    if (row.type === "RolledBack" && data["recovered"] === true) {
      version = (data["lastGood"] as { readonly version: string }).version
    }
  }
  return version
}

/** A version with its data. */
export interface Good {
  readonly version: string
  readonly data: Data
}

/** The app as it should be, over HTTP and on disk. */
export const runsProblems = async (world: World, acceptable: ReadonlyArray<Good>): Promise<ReadonlyArray<string>> => {
  const page = await world.page()
  if (page === null) return ["the app does not answer"]
  const problems: Array<string> = []
  const { version } = page
  if (!(await world.isHealthy())) problems.push(`the app (${version}) is not healthy`)
  const found = dataInFolder(world.volume)
  if (!acceptable.some((good) => good.version === version && sameData(good.data, found))) {
    const expected = acceptable.map((good) => `${good.version} with ${textOf(good.data)}`).join(" or ")
    problems.push(`${version} runs with ${textOf(found)}, expected ${expected}`)
  }
  return problems
}

/** The same, and in what lastgood says of it. */
export const appProblems = async (world: World, acceptable: ReadonlyArray<Good>): Promise<ReadonlyArray<string>> => {
  const problems = [...(await runsProblems(world, acceptable))]
  const version = (await world.page())?.version
  if (version === undefined) return problems
  const logged = lastGoodIn(readLog(world.log))
  if (logged !== version) problems.push(`${version} runs, the last good version in the log is ${logged}`)
  const file = readFileSync(join(world.appDir, "last_good"), "utf8").trim()
  if (file !== version) problems.push(`${version} runs, the file last_good says ${file}`)
  return problems
}

/** LAW-2, by the app's own witness. */
export const witnessProblems = (world: World): ReadonlyArray<string> =>
  world
    .starts()
    .filter(({ schema, found }) => schema < found)
    .map(({ version, schema, found }) => `LAW-2: ${version} (schema ${schema}) was started on data of schema ${found}`)

/** LAW-10: every attempt that failed has its one alert, in the log, as a file, delivered once. */
export const alertProblems = (world: World): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const rows = readLog(world.log)
  const of = (type: string) => rows.filter((row) => row.type === type)
  const raised = of("AlertRaised").map((row) => String(dataOf(row)["alert"]))
  const delivered = of("AlertDelivered").map((row) => String(dataOf(row)["alert"]))
  const folder = join(world.appDir, "alerts")
  const files = existsSync(folder) ? readdirSync(folder) : []
  for (const alert of raised) {
    const times = (list: ReadonlyArray<string>) => list.filter((one) => one === alert).length
    if (times(raised) !== 1) problems.push(`LAW-10: alert ${alert} was raised ${times(raised)} times`)
    if (times(delivered) !== 1) problems.push(`LAW-10: alert ${alert} was delivered ${times(delivered)} times`)
    const named = files.filter((name) => name.endsWith(`-${alert}.json`))
    if (named.length !== 1) problems.push(`LAW-10: alert ${alert} has ${named.length} files`)
  }
  if (files.length !== raised.length) {
    problems.push(`LAW-10: ${files.length} files in alerts/, ${raised.length} alerts were raised`)
  }
  for (const row of of("AttemptEnded")) {
    const outcome = String(dataOf(row)["outcome"])
    const expected = outcome === "committed" || outcome === "done" ? 0 : 1
    const seen = raised.filter((alert) => alert.startsWith(`${row.attempt}-`)).length
    if (seen !== expected) problems.push(`LAW-10: attempt ${row.attempt} ended as ${outcome}, with ${seen} alerts`)
  }
  return problems
}

/** What a restore replaced is kept, as it was. */
export const asideProblems = (rows: ReadonlyArray<Row>, known: ReadonlyMap<string, Data>): ReadonlyArray<string> => {
  const pruned = new Set(rows.filter(({ type }) => type === "AsidePruned").map((row) => dataOf(row)["attempt"]))
  return rows
    .filter(({ type, attempt }) => type === "DataSetAside" && !pruned.has(attempt))
    .flatMap((row) => (dataOf(row)["volumes"] as ReadonlyArray<{ readonly path: string }>).map(({ path }) => path))
    .flatMap((path) => {
      const found = dataInFolder(path)
      return [...known.values()].some((data) => sameData(data, found))
        ? []
        : [`LAW-3: set aside at ${path}: ${textOf(found)}`]
    })
}

/** Everything that works in the app's name is the app's own processes, one of each line of its Procfile. */
export const processProblems = (world: World, up = true): ReadonlyArray<string> => {
  const left = mentioning(world.home)
  const problems = left.flatMap((pid) =>
    descriptorsOf(pid)
      .filter((path) => path.startsWith(world.log) || path.endsWith("/claim"))
      .map((path) => `${commandOf(pid)} (pid ${pid}) holds ${path} open`)
  )
  const commands = left.map(commandOf).sort()
  const expected = up ? 2 : 0
  if (left.length !== expected) problems.push(`expected ${expected} processes, there are: ${commands.join(" | ")}`)
  if (spawnSync("flock", ["-n", join(world.appDir, "claim"), "true"]).status !== 0) {
    problems.push("LAW-7: somebody still holds the claim")
  }
  return problems
}

/** Unfinished things below a folder: by docs/on-disk.md they are never read, and go with a later run. */
export const leftoversIn = (world: World): ReadonlyArray<string> => {
  const find = (folder: string, ...tests: ReadonlyArray<string>) =>
    execFileSync("find", [folder, ...tests], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line !== "")
  const named = [".staging-*", ".trash-*", ".leaving-*", ".snapshot.next*", "*.tmp", "events.db.new-*", ".scratch*"]
  const own = find(
    world.root,
    "-path",
    join(world.appDir, "volumes"),
    "-prune",
    "-o",
    "-path",
    join(world.appDir, "aside"),
    "-prune",
    "-o",
    "-path",
    join(world.appDir, "mirror", "*", "tree"),
    "-prune",
    "-o",
    "(",
    ...named.flatMap((name, i) => (i === 0 ? ["-name", name] : ["-o", "-name", name])),
    ")",
    "-print"
  )
  const staged = existsSync(join(world.appDir, "staged"))
    ? find(join(world.appDir, "staged"), "(", "-name", "tree", "-o", "-name", "unpacking", ")", "-prune", "-print")
    : []
  return [...own, ...staged, ...find(world.at("tmp"), "-mindepth", "1", "-maxdepth", "1", "!", "-name", "look-*")]
}
