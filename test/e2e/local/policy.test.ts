/** When the daemon takes a version: its windows, holds that end, approvals, the order of apps, the breaker of the host. */
import { readFile, rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { harms, migrates, v1, v2, v3, type World, waitUntil } from "../harness.ts"
import { configure, makeTiny, tagTiny, tinyYaml } from "../tiny.ts"

const often = "    interval: 300ms\n"
const daemon = (world: World) => Effect.forkScoped(world.lastgood(["reconcile"]))
const once = (world: World) => world.lastgood(["reconcile", "--once"])

const runs = (world: World, version: string) =>
  Effect.catchCause(
    Effect.map(world.page, (page) => page.version === version),
    () => Effect.succeed(false)
  )
const takes = (world: World, version: string) =>
  waitUntil(
    `the daemon does not take ${version}`,
    Effect.map(world.status, ({ lastGood }) => lastGood === version),
    60_000
  )
const waits = (world: World, what: RegExp) =>
  waitUntil(
    `the daemon does not say ${what}`,
    Effect.map(world.status, ({ waitingFor }) => what.test(waitingFor ?? "")),
    60_000
  )

const json = (world: World, ...args: ReadonlyArray<string>) =>
  Effect.map(world.lastgood([...args, "--json"]), ({ stdout }) => JSON.parse(stdout))
const automatic = (world: World) => Effect.map(json(world, "plan", "demo"), ({ plans }) => plans[0].automatic)

/** All day, the day after tomorrow. */
const closed = (): string => {
  const day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(new Date().getUTCDay() + 2) % 7]
  return `"${day} 00:00-24:00 UTC"`
}

describe.concurrent("a maintenance window", () => {
  it.live("lets the daemon begin only inside it, and says until when it waits; an operator is not bound by it", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: `${often}    window: ${closed()}\n` })
      yield* daemon(world)
      yield* world.tag(v2, migrates)
      yield* waits(world, /^window: outside of its window \w+ 00:00-24:00 UTC, until \d{4}-.*T00:00/)
      assert.strictEqual((yield* world.page).version, v1)
      const verdict = yield* automatic(world)
      assert.deepInclude(verdict, { verdict: "wait", version: v2, gate: "window" })
      const { stdout } = yield* world.lastgood(["plan", "demo"])
      assert.match(
        stdout,
        /would upgrade .*\n[\s\S]*downtime +unknown[\s\S]*daemon +waits to take 1\.1\.0\+1\.1\.0: window: /
      )

      const upgraded = yield* world.lastgood(["upgrade", "demo", "--wait", "20s"])
      expectCode(upgraded, 0)
      assert.match(upgraded.stderr, /not in its window .* which only binds the daemon/)
      assert.match((yield* world.lastgood(["plan", "demo"])).stdout, /nothing to do/)

      // The next version is taken once the window is open.
      yield* world.tag(v3, migrates)
      yield* waits(world, /^window: /)
      assert.match((yield* world.lastgood(["plan", "demo"])).stdout, /downtime +about .*undeploy .* from 1 attempt/)
      yield* Effect.promise(async () => {
        const file = world.at("lastgood.yaml")
        await writeFile(file, (await readFile(file, "utf8")).replace(closed(), '"00:00-24:00 UTC"'))
      })
      yield* takes(world, v3)
      const { events } = yield* world.log
      const begun = events.filter(({ type }) => type === "UpgradeAttempted").map(({ data }) => JSON.stringify(data))
      assert.deepStrictEqual(
        begun.map((data) => /"trigger":"(\w+)"/.exec(data)?.[1]),
        ["operator", "reconciler"]
      )
      // However often it has looked.
      assert.strictEqual(events.filter(({ type }) => type === "UpgradeRefused").length, 2)
    })
  )
})

describe.concurrent("a hold with an end", () => {
  it.live("ends by itself, which is recorded once, and the daemon goes on", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: often })
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["hold", "demo", "--for", "6s", "--reason", "audit"]), 0)
      expectCode(yield* world.lastgood(["hold", "demo", "--until", "2020-01-01"]), 64)
      yield* daemon(world)
      yield* takes(world, v2)
      const types = (yield* expectWholeLog(world)).map(({ type }) => type)
      assert.deepStrictEqual(
        types.filter((type) => type === "AppHeld" || type === "HoldExpired" || type === "UpgradeAttempted"),
        ["AppHeld", "HoldExpired", "UpgradeAttempted"]
      )
    })
  )
})

describe.concurrent("an approval", () => {
  it.live("lets the daemon take that version, once", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: `${often}    policy: manual\n` })
      yield* world.tag(v2, migrates)
      yield* daemon(world)
      yield* waits(world, /^policy: the policy `manual` does not allow/)
      expectCode(yield* world.lastgood(["approve", "demo", "9.9.9", "--wait", "20s"]), 1)
      expectCode(yield* world.lastgood(["hold", "demo", "--wait", "20s"]), 0)
      expectCode(yield* world.lastgood(["approve", "demo", v2, "--wait", "20s"]), 0)
      const { apps } = yield* json(world, "status")
      assert.strictEqual(apps[0].approved.version, v2)
      expectCode(yield* world.lastgood(["approve", "demo", v2, "--withdraw", "--wait", "20s"]), 0)
      assert.isNull((yield* json(world, "status")).apps[0].approved)
      expectCode(yield* world.lastgood(["approve", "demo", v2, "--wait", "20s"]), 0)
      assert.strictEqual((yield* world.page).version, v1, "a hold stops an approved version too")
      expectCode(yield* world.lastgood(["release", "demo", "--wait", "20s"]), 0)
      yield* takes(world, v2)
      assert.isNull((yield* json(world, "status")).apps[0].approved)
      yield* world.tag(v3, migrates)
      yield* waits(world, /^policy: the policy `manual` does not allow 1\.2\.0/)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  /** Verifies: LAW-8 */
  it.live("ends with a failed attempt, so that the version is not tried again by itself", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: `${often}    policy: manual\n` })
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["approve", "demo", v2]), 0)
      expectCode(yield* once(world), 3)
      assert.isNull((yield* json(world, "status")).apps[0].approved)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )
})

describe.concurrent("an app that comes after another", () => {
  it.live("is upgraded after that one, and not while that one is unhealthy", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* makeTiny(world, "1.0.0")
      const sick = world.at("first-is-sick")
      yield* configure(world, "    after: [first]\n", tinyYaml("first", { check: `test ! -e ${sick}`, deadline: "3s" }))
      yield* world.tag(v2, migrates)
      const waiting = yield* once(world)
      assert.match(
        waiting.stdout,
        /demo: refused: after: it comes after first, which was neither deployed nor promoted/
      )
      expectCode(yield* world.lastgood(["deploy", "first"]), 0)

      yield* tagTiny(world, "1.1.0")
      assert.match((yield* automatic(world)).reason, /comes after first, which is upgraded to 1\.1\.0 first/)
      expectCode(yield* once(world), 0)
      const order = (yield* world.log).events
        .filter(({ type }) => type === "UpgradeAttempted" || type === "UpgradeCommitted")
        .map(({ stream, type }) => `${stream.slice(4)} ${type}`)
      assert.deepStrictEqual(order.slice(-4), [
        "first UpgradeAttempted",
        "first UpgradeCommitted",
        "demo UpgradeAttempted",
        "demo UpgradeCommitted"
      ])

      yield* world.tag(v3, migrates)
      yield* Effect.promise(() => writeFile(sick, ""))
      const refused = yield* once(world)
      assert.match(refused.stdout, /demo: refused: after: it comes after first, which is unhealthy/)
      assert.strictEqual((yield* world.page).version, v2)
      yield* Effect.promise(() => rm(sick))
      // The watch or the next pass sees that it is healthy; then it is demo's turn.
      expectCode(yield* once(world), 0)
      assert.strictEqual((yield* world.page).version, v3)
    })
  )
})

describe.concurrent("the breaker of the host", () => {
  /** Verifies: LAW-10 */
  it.live("stops automatic upgrades after rollbacks in a row, with one alert, until an operator closes it", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "breaker: 1\n" })
      yield* world.tag(v2, harms)
      expectCode(yield* once(world), 3)
      yield* world.tag(v3, migrates)
      for (const _ of [1, 2]) assert.match((yield* once(world)).stdout, /demo: refused: breaker: the last 1 automatic /)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const open = (yield* json(world, "alerts", "_host")).alerts
      assert.strictEqual(open.length, 1)
      assert.match(open[0].why, /the daemon upgrades no app until the breaker is closed/)
      assert.deepInclude(yield* automatic(world), { verdict: "refuse", gate: "breaker" })

      const closed = yield* world.lastgood(["release", "_host"])
      expectCode(closed, 0)
      assert.match(closed.stdout, /_host: the breaker is closed/)
      assert.match((yield* world.lastgood(["release", "_host"])).stdout, /nothing to do: the breaker is closed/)
      assert.isEmpty((yield* json(world, "alerts", "_host")).alerts)
      expectCode(yield* once(world), 0)
      assert.isTrue(yield* runs(world, v3))
    })
  )

  it.live("is closed by an upgrade that an operator commits", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "breaker: 1\n" })
      yield* world.tag(v2, harms)
      expectCode(yield* once(world), 3)
      yield* world.tag(v3, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* world.tag("1.3.0+1.3.0", migrates)
      expectCode(yield* once(world), 0)
      assert.strictEqual((yield* world.page).version, "1.3.0+1.3.0")
      assert.isEmpty((yield* json(world, "alerts", "_host")).alerts)
    })
  )
})
