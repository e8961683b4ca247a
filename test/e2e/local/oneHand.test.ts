/** Many hands, one at a time: ten commands at once on one app and on many, beside a daemon, stuck, killed, orphaned. */
import { chmod, mkdir, readdir, readlink, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { isLastgood } from "@lastgood/testing/binary"
import { kill } from "@lastgood/testing/processes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { makeWorld, migrates, type Ran, v1, v2, type World, waitUntil } from "../harness.ts"
import { makeTiny, tinyYaml } from "../tiny.ts"
import { appPids } from "../watch.ts"

const ten = Array.from({ length: 10 }, (_, i) => i)
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }
const patient = ["--wait", "100s"]

const said = ({ stdout, stderr }: Ran) => stdout + stderr

const together = (world: World, commands: ReadonlyArray<ReadonlyArray<string>>, env = {}) =>
  Effect.forEach(commands, (command) => world.lastgood(command, env), { concurrency: "unbounded" })

/** Whatever the outcomes: no command crashed, and the log is one history. */
const expectOneHistory = Effect.fnUntraced(function* (world: World, rans: ReadonlyArray<Ran>) {
  for (const ran of rans) {
    assert.notMatch(said(ran), /a bug in lastgood|VersionConflict|database is locked|SQLITE|Error:/)
    assert.oneOf(ran.code, [0, 1, 3, 5, 75], said(ran))
  }
  const events = yield* expectWholeLog(world)
  const versions = new Map<string, number>()
  for (const [index, { position, stream, version }] of events.entries()) {
    assert.strictEqual(position, index + 1)
    assert.strictEqual(version, (versions.get(stream) ?? 0) + 1, stream)
    versions.set(stream, version)
  }
  return events
})

/** The lastgood that works now: the one that holds the claim. */
const worker = Effect.fnUntraced(function* (world: World) {
  const text = (yield* world.textOf("root", "demo", "claim")) ?? ""
  return Number(/pid (\d+)/.exec(text)?.[1])
})

const stepIs = (world: World, step: string) =>
  waitUntil(
    `nobody came to ${step}`,
    Effect.map(world.lastStep, (last) => last === step),
    150_000
  )

const claimsOf = (pid: number) =>
  Effect.promise(async () => {
    const links = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""))
    )
    return links.filter((link) => /\/claim( \(deleted\))?$|events\.db/.test(link))
  })

describe("ten commands at once on one app", () => {
  /** Verifies: LAW-7 */
  it.live(
    "let one work while nine name it and exit with 75; ten that wait have nothing left to do",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, migrates)
        const upgrades = ten.map(() => ["upgrade", "demo"])
        const running = yield* Effect.forkChild(together(world, upgrades, world.fault("forward/health:before:hang")))
        yield* stepIs(world, "health")
        const pid = yield* worker(world)
        const others = Effect.map(world.processes, (all) =>
          all.filter((one) => isLastgood(one.command) && one.pid !== pid)
        )
        yield* waitUntil(
          "the others do not end",
          Effect.map(others, (left) => left.length === 0),
          150_000
        )
        yield* kill(pid)
        const rans = yield* Fiber.join(running)
        assert.deepStrictEqual(rans.map(({ code }) => code).sort(), [...ten.slice(1).map(() => 75), null])
        for (const ran of rans.filter(({ code }) => code === 75)) {
          assert.match(
            ran.stderr,
            new RegExp(
              `working on demo: cli:\\w+, pid ${pid}, since 20\\S+ \\S+Z \\(lastgood upgrade demo\\).*\\nnext: .*kill ${pid} `
            )
          )
        }

        const waiting = yield* together(
          world,
          ten.map(() => ["upgrade", "demo", ...patient])
        )
        for (const ran of waiting) expectCode(ran, 0)
        // One of them finished what the killed one had begun; then none had anything to do.
        const finished = waiting.filter((ran) => ran.stdout.includes("lastgood first finished an interrupted attempt"))
        assert.strictEqual(finished.length, 1)
        assert.isTrue(waiting.every((ran) => ran.stdout.includes("nothing to do")))
        const events = yield* expectOneHistory(world, waiting)
        assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, 1)
        yield* expectApp(world, upgraded)
        yield* expectNoStrayProcess(world)
        const [app = 0] = yield* appPids(world)
        assert.deepStrictEqual(yield* claimsOf(app), [], "the app holds neither the claim nor the log")
      }),
    480_000
  )

  /** Verifies: LAW-7 */
  it.live(
    "run one after the other if they differ, and leave one history and a healthy app",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, migrates)
        const commands = [
          ["upgrade", "demo", ...patient],
          ["snapshot", "demo", ...patient],
          ["promote", "demo", ...patient],
          ["hold", "demo", ...patient],
          ["release", "demo", ...patient],
          ["retry", "demo", ...patient],
          ["rollback", "demo", ...patient],
          ["restore", "demo", ...patient],
          ["deploy", "demo", ...patient],
          ["reconcile", "--once"]
        ]
        yield* expectOneHistory(world, yield* together(world, commands))
        const { version, schema, rows } = yield* world.page
        assert.deepInclude([v1, v2], version)
        assert.strictEqual(schema, version === v1 ? 1 : 2)
        assert.include(rows, "a")
        yield* expectNoOldCodeOnNewData(world)
        yield* expectNoStrayProcess(world)
        assert.strictEqual((yield* world.status).phase, "running")
      }),
    480_000
  )
})

describe("ten commands at once on ten apps with one log", () => {
  /** Verifies: LAW-6, LAW-7 */
  it.live(
    "all succeed without reporting a busy log",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        yield* makeTiny(world, v1)
        const apps = ten.map((i) => tinyYaml(`app${i}`))
        yield* Effect.promise(() => writeFile(world.at("lastgood.yaml"), `root: ./root\napps:\n${apps.join("")}`))
        const deploys = yield* together(
          world,
          ten.map((i) => ["deploy", `app${i}`])
        )
        for (const ran of deploys) expectCode(ran, 0)
        const snapshots = yield* together(
          world,
          ten.map((i) => ["snapshot", `app${i}`])
        )
        for (const ran of snapshots) expectCode(ran, 0)
        const events = yield* expectOneHistory(world, [...deploys, ...snapshots])
        assert.strictEqual(new Set(events.map(({ stream }) => stream)).size, 10)
      }),
    480_000
  )
})

describe("commands beside a daemon that works on the same app", () => {
  /** Verifies: LAW-7 */
  it.live(
    "wait for their turn, and the daemon continues",
    () =>
      Effect.gen(function* () {
        const world = yield* installed({ config: "    interval: 200ms\n" })
        yield* Effect.forkScoped(world.lastgood(["reconcile"]))
        yield* world.tag(v2, migrates)
        const rans: Array<Ran> = []
        for (const command of ["hold", "snapshot", "release", "upgrade", "snapshot"]) {
          const ran = yield* world.lastgood([command, "demo", ...patient])
          expectCode(ran, 0)
          rans.push(ran)
        }
        yield* expectOneHistory(world, rans)
        yield* expectApp(world, upgraded)
        const daemons = Effect.map(world.processes, (all) => all.filter(({ command }) => command.includes("reconcile")))
        assert.strictEqual((yield* daemons).length, 1)
      }),
    480_000
  )
})

describe("a lastgood with the claim on an app", () => {
  /** Verifies: LAW-7 */
  it.live(
    "that is stopped by SIGSTOP is named with the command to resume it, then finishes",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, migrates)
        yield* putSlowTar(world)
        const running = yield* Effect.forkChild(world.lastgood(["upgrade", "demo"], slowTar(world)))
        yield* stepIs(world, "snapshot")
        const pid = yield* worker(world)
        yield* Effect.sync(() => process.kill(pid, "SIGSTOP"))
        const start = yield* Clock.currentTimeMillis
        const second = yield* world.lastgood(["upgrade", "demo", "--wait", "2s"])
        const took = (yield* Clock.currentTimeMillis) - start
        expectCode(second, 75)
        assert.match(
          second.stderr,
          new RegExp(`pid ${pid}, since .*\\(lastgood upgrade demo\\), which is stopped \\(waited 2 s\\)`)
        )
        assert.include(second.stderr, `kill -CONT ${pid}`)
        assert.isAtLeast(took, 2000)
        assert.isBelow(took, 30_000)
        assert.match(said(yield* world.lastgood(["status"])), new RegExp(`demo: claimed by .*pid ${pid}`))
        assert.match(
          said(yield* world.lastgood(["doctor", "demo"])),
          new RegExp(`WARN +demo: claim: .*pid ${pid}.*\\n +next: .*kill -CONT ${pid}`)
        )
        yield* Effect.sync(() => process.kill(pid, "SIGCONT"))
        expectCode(yield* Fiber.join(running), 0)
        yield* expectApp(world, upgraded)
      }),
    480_000
  )

  /** Verifies: LAW-7, LAW-4 */
  it.live(
    "that is killed while its tar runs does not block the next one, which ends that tar and resumes",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, migrates)
        yield* putSlowTar(world)
        const running = yield* Effect.forkChild(world.lastgood(["upgrade", "demo"], slowTar(world)))
        const tars = Effect.map(world.processes, (all) => all.filter(({ command }) => command.includes("slow/tar")))
        yield* waitUntil(
          "no tar runs",
          Effect.map(tars, (found) => found.length > 0),
          150_000
        )
        const pid = yield* worker(world)
        yield* kill(pid)
        expectCode(yield* Fiber.join(running), null)
        const [tar] = yield* tars
        const next = yield* world.lastgood(["status"])
        assert.match(said(next), new RegExp(`demo: claimed by pid ${tar?.pid} \\(tar\\), left running by`))
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        assert.notInclude(
          (yield* tars).map((one) => one.pid),
          tar?.pid
        )
        yield* expectApp(world, upgraded)
        yield* expectNoStrayProcess(world)
        yield* expectWholeLog(world)
      }),
    480_000
  )
})

/** Verifies: LAW-7 */
describe("a lastgood that finishes a rename", () => {
  it.live(
    "and is killed while its tar runs leaves the claim on the new name to that tar",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* putSlowTar(world)
        expectCode(yield* world.lastgood(["stop", "demo"]), 0)
        expectCode(yield* world.lastgood(["rename", "demo", "shop"], world.fault("forward/configure:after:kill")), null)
        const running = yield* Effect.forkChild(world.lastgood(["snapshot", "shop"], slowTar(world)))
        const tars = Effect.map(world.processes, (all) => all.filter(({ command }) => command.includes("slow/tar")))
        yield* waitUntil(
          "no tar runs",
          Effect.map(tars, (found) => found.length > 0),
          150_000
        )
        const [tar] = yield* tars
        const text = (yield* world.textOf("root", "shop", "claim")) ?? ""
        yield* kill(Number(/pid (\d+)/.exec(text)?.[1]))
        expectCode(yield* Fiber.join(running), null)
        assert.match(
          said(yield* world.lastgood(["status"])),
          new RegExp(`shop: claimed by pid ${tar?.pid} \\(tar\\), left running by`)
        )
        expectCode(yield* world.lastgood(["snapshot", "shop"]), 0)
        yield* expectWholeLog(world)
      }),
    480_000
  )
})

/** A `tar` that takes its time to make an archive, as it does with a large volume. */
const putSlowTar = (world: World) =>
  Effect.promise(async () => {
    await mkdir(world.at("slow"))
    const script = '#!/bin/sh\ncase " $* " in *" --create "*|*" -c"*) sleep 12;; esac\nexec /usr/bin/tar "$@"\n'
    await writeFile(world.at("slow", "tar"), script)
    await chmod(world.at("slow", "tar"), 0o755)
  })

const slowTar = (world: World) => ({ PATH: `${world.at("slow")}:/usr/local/bin:/usr/bin:/bin` })
