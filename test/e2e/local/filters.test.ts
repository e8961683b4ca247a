/** A filter that leaves out what a rollback could not do without, on an app with a real SQLite database. */
import { readFile, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog } from "../expect.ts"
import { harms, makeWorld, migrates, type Ran, v1, v2, type World } from "../harness.ts"
import { expectUntouched } from "../watch.ts"

/** Keeps its rows in SQLite, in WAL mode, and other files beside it. */
const server = `
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
const { LASTGOOD_VERSION, LASTGOOD_VOLUME_DATA, MARK, PORT } = process.env
const release = JSON.parse(readFileSync("release.json", "utf8"))
const db = new DatabaseSync(join(LASTGOOD_VOLUME_DATA, "app.db"))
db.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS rows (row TEXT)")
if (release.writes !== null) db.prepare("INSERT INTO rows VALUES (?)").run(release.writes)
db.exec("PRAGMA user_version = " + release.schema)
mkdirSync(join(LASTGOOD_VOLUME_DATA, "cache"), { recursive: true })
writeFileSync(join(LASTGOOD_VOLUME_DATA, "cache/page"), LASTGOOD_VERSION)
writeFileSync(join(LASTGOOD_VOLUME_DATA, "notes"), "n")
const rows = () => db.prepare("SELECT row FROM rows").all().map(({ row }) => row)
createServer(async (request, response) => {
  if (request.url === "/health") response.statusCode = release.health
  if (request.method === "POST") {
    for await (const row of request.setEncoding("utf8")) db.prepare("INSERT INTO rows VALUES (?)").run(row)
    response.statusCode = 201
  }
  const { user_version: schema } = db.prepare("PRAGMA user_version").get()
  response.end(JSON.stringify({ version: LASTGOOD_VERSION, schema, rows: rows(), mark: MARK }))
}).listen(Number(PORT), "127.0.0.1")
`

const old = { version: v1, schema: 1, rows: ["a"] }
const said = ({ stdout, stderr }: Ran) => stdout + stderr

/** 1.0.0 runs with one row; nothing is left out of its snapshots yet. */
const installed = Effect.gen(function* () {
  const world = yield* makeWorld()
  yield* Effect.promise(() => writeFile(world.at("recipe", "server.mjs"), server))
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  return world
})

/** What the configuration says of snapshots from now on. */
const configure = (world: World, snapshot: string) =>
  Effect.promise(async () => {
    const file = world.at("lastgood.yaml")
    const text = await readFile(file, "utf8")
    await writeFile(file, `${text.replace(/^ {4}snapshot:.*\n/m, "").trimEnd()}\n    snapshot: ${snapshot}\n`)
  })

const commands: ReadonlyArray<ReadonlyArray<string>> = [
  ["upgrade", "demo"],
  ["upgrade", "demo", "--to", v2],
  ["snapshot", "demo"],
  ["try", "demo", v2],
  ["promote", "demo"]
]

/** Verifies: LAW-15, LAW-14 */
describe.concurrent("a filter", () => {
  for (const [what, exclude, says] of [
    ["all of a volume", "**", /leaves out all of it \(\d files\), the SQLite database app\.db/],
    ["a database", "app.db*", /leaves out the SQLite database app\.db/],
    ["a part of a database", "*-wal", /leaves out a part of the SQLite database app\.db \(app\.db-wal\)/]
  ] as const) {
    it.live(`that leaves out ${what} makes every command with a snapshot refuse while the app runs`, () =>
      Effect.gen(function* () {
        const world = yield* installed
        yield* world.tag(v2, harms)
        yield* configure(world, `{ exclude: { data: ["${exclude}"] } }`)
        for (const command of exclude === "**" ? commands : commands.slice(0, 1)) {
          const ran = yield* expectUntouched(world, world.lastgood(command))
          expectCode(ran, 5)
          assert.match(said(ran), says, command.join(" "))
          assert.match(said(ran), /filter: .*volume data: the filter exclude \["[^"]+"\] \(the configuration\)/)
          assert.match(said(ran), /next +remove the matching pattern from the filter of data/)
        }
        assert.match(said(yield* world.lastgood(["plan", "demo"])), /would refuse\n +why +.*volume data: the filter/)
        const doctor = yield* world.lastgood(["doctor", "demo"])
        expectCode(doctor, 1)
        assert.match(said(doctor), /FAIL +demo: volumes: .*volume data: the filter exclude/)
        yield* expectApp(world, old)
        const events = yield* expectWholeLog(world)
        const begun = events.filter(({ type }) => type === "SnapshotTaken" || type === "UpgradeAttempted")
        assert.deepStrictEqual(begun, [])
        assert.isNotEmpty(yield* world.alerts)

        // Once it is corrected, the same upgrade is tried, and its rollback restores the rows.
        yield* configure(world, "{ keep: 3 }")
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
        yield* expectApp(world, old)
      })
    )
  }

  it.live("that leaves out a cache is named by a rollback, plan and doctor", () =>
    Effect.gen(function* () {
      const world = yield* installed
      yield* world.tag(v2, harms)
      const plugin = `export default { recipe: "recipe", volumes: { exclude: { dta: ["x/**"] } } }\n`
      yield* Effect.promise(async () => {
        await writeFile(world.at("recipe.mjs"), plugin)
        const text = await readFile(world.at("lastgood.yaml"), "utf8")
        await writeFile(world.at("lastgood.yaml"), `plugins: [./recipe.mjs]\n${text}`)
      })
      yield* configure(world, `{ exclude: { data: ["cache/**"] } }`)
      const stray =
        /the filter exclude \["x\/\*\*"\] \(the plugin\) is for the volume dta, .*does not have \(it has data\)/
      const plan = said(yield* world.lastgood(["plan", "demo"]))
      assert.match(plan, stray)
      assert.match(
        plan,
        /does not bring back what the filter leaves out .*: data: exclude \["cache\/\*\*"\] \(the config/
      )
      assert.match(said(yield* world.lastgood(["doctor", "demo"])), new RegExp(`WARN +demo: filter: ${stray.source}`))
      const tested = yield* world.lastgood(["plugin", "test", "./recipe.mjs", "--app", "demo"])
      assert.match(said(tested), stray)

      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 3)
      const lacks = /except what its snapshot left out \(data: exclude \["cache\/\*\*"\], 1 file;/
      assert.match(said(ran), new RegExp(`version and data as before, ${lacks.source}`))
      assert.match((yield* world.alerts)[0]?.next ?? "", new RegExp(`with its data, ${lacks.source}`))
      assert.match(said(yield* world.lastgood(["log", "demo"])), /SnapshotLeftOut .* data: exclude .*, 1 file/)
      yield* expectApp(world, old)
    })
  )

  it.live("that leaves out a disposable database is accepted", () =>
    Effect.gen(function* () {
      const world = yield* installed
      yield* world.tag(v2, migrates)
      yield* configure(world, `{ disposable: { data: ["app.db*"] } }`)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  it.live("that leaves out the database of a stopped app refuses its snapshot, but not its start", () =>
    Effect.gen(function* () {
      const world = yield* installed
      expectCode(yield* world.lastgood(["promote", "demo", "--at-teardown"]), 0)
      yield* configure(world, `{ exclude: { data: ["**"] } }`)
      const ran = yield* world.lastgood(["snapshot", "demo"])
      expectCode(ran, 5)
      assert.match(said(ran), /filter: .*volume data/)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, old)
    })
  )
})
