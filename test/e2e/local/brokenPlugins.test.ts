/**
 * A plugin whose code breaks in the middle of an upgrade, beside a second app: the hook fails as any hook that fails does,
 * the second app is upgraded, and nothing of the plugin is left behind.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog } from "../expect.ts"
import { makeWorld, migrates, v1, v2, type World, waitUntil } from "../harness.ts"

const second = `    plugin: ./plugin.mjs
  other:
    recipe: ./recipe
    runtime: local
    env: ./other.env
    volumes: [data]
    health: { deadline: 4s, stableFor: 150ms, interval: 50ms }
`

const say = (world: World, body: string) =>
  Effect.promise(() => writeFile(world.at("plugin.mjs"), `export default { recipe: "p", ${body} }\n`))

/** Two apps at 1.0.0 with 1.1.0 to go to; the first one is served by a plugin. */
const two = Effect.fnUntraced(function* (body: string) {
  const world = yield* makeWorld({ config: second })
  yield* say(world, "")
  const env = (yield* world.textOf("demo.env")) ?? ""
  const other = env.replace(/^PORT=.*$/m, "PORT=0").replace(/^FOLDER=.*$/m, `FOLDER=${world.at("elsewhere")}`)
  yield* Effect.promise(() => mkdir(world.at("elsewhere")))
  yield* Effect.promise(() => writeFile(world.at("other.env"), other))
  yield* world.tag(v1)
  for (const app of ["demo", "other"]) expectCode(yield* world.lastgood(["deploy", app]), 0)
  yield* world.addRow("a")
  yield* say(world, body)
  yield* world.tag(v2, migrates)
  return world
})

const leavesNothing = (world: World) =>
  waitUntil(
    "a process of the plugin is left",
    Effect.map(world.processes, (all) => !all.some(({ command }) => command.includes("plugin.mjs")))
  )

describe("a hook that breaks in the middle of an upgrade", () => {
  /** Verifies: LAW-2, LAW-9 */
  it.live.each([
    [
      "never yields",
      "after: { snapshot: { run: () => { while (true) {} }, timeout: '500ms' } }",
      /no answer within 0\.5 s/
    ],
    [
      "exits as if all were well",
      "after: { deploy: ({ direction }) => { if (direction === 'forward') process.exit(0) } }",
      /plugin\.mjs\) exited with code 0 before it answered/
    ],
    [
      "rejects after its answer",
      `before: { undeploy: () => { setTimeout(() => Promise.reject(new Error("far too late")), 50); return "fine" } }`,
      /far too late/
    ]
  ] as const)("%s: its app is brought back with its data, the other one is upgraded", ([, hooks, why]) =>
    Effect.gen(function* () {
      const world = yield* two(`hooks: { ${hooks} }`)
      const ran = yield* world.lastgood(["reconcile", "--once"])
      expectCode(ran, 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.strictEqual((yield* world.textOf("root", "other", "last_good"))?.trim(), v2)
      const [alert] = yield* world.alerts
      assert.match(alert?.why ?? "", why)
      assert.match(alert?.why ?? "", /plugin .*plugin\.mjs/)
      yield* leavesNothing(world)
      yield* expectWholeLog(world)
    })
  )

  /** Verifies: LAW-6 */
  it.live("leaves no process behind if lastgood is killed in it", () =>
    Effect.gen(function* () {
      const world = yield* two(
        `hooks: { after: { snapshot: () => { process.kill(process.ppid, "SIGKILL"); while (true) {} } } }`
      )
      expectCode(yield* world.lastgood(["upgrade", "demo"]), null)
      yield* leavesNothing(world)
      yield* say(world, "")
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )
})
