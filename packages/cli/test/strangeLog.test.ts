/** Logs that this lastgood did not write: of a newer lastgood, and with malicious rows. */
import { mkdir } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it, vi } from "@effect/vitest"
import { EventStore, type NewEvent } from "@lastgood/core/log/EventStore"
import { layer } from "@lastgood/core/log/EventStoreSqlite"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

vi.setConfig({ testTimeout: 180_000 })

type World = Effect.Success<ReturnType<typeof makeWorld>>

const test = (name: string, body: (world: World) => Effect.Effect<void, unknown>) =>
  it.live(name, () =>
    Effect.scoped(
      Effect.gen(function* () {
        const world = yield* makeWorld()
        yield* Effect.promise(() => mkdir(world.at("root"), { mode: 0o700 }))
        yield* body(world)
      })
    )
  )

const event = (type: string, v: number, data: unknown, over: Partial<NewEvent> = {}): NewEvent => ({
  ...{ id: `${type}-${v}-${Math.abs(JSON.stringify(data).length)}`, type, v, at: "2026-11-22T03:00:00.000Z" },
  ...{ actor: "cli:root", attempt: "a1", data },
  ...over
})

const append = (world: World, first: NewEvent, ...rest: ReadonlyArray<NewEvent>) =>
  EventStore.use((store) => store.append("app/web", { _tag: "Any" }, [first, ...rest])).pipe(
    Effect.provide(layer({ path: world.at("root/events.db") }))
  )

const ref = { version: "1.0.0+1.0.0", commit: "c" }
const deployed = event("UpgradeCommitted", 1, { ...ref, previous: null }, { attempt: null })

/** Anything that a terminal would act upon. A line break and what people write is not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u

/** Verifies: LAW-6 */
describe("a log of a newer lastgood", () => {
  test("in a newer format is refused by every command with what to do, and not changed", (world) =>
    Effect.gen(function* () {
      yield* append(world, deployed)
      const onFile = (work: (db: DatabaseSync) => void) =>
        Effect.sync(() => {
          const db = new DatabaseSync(world.at("root/events.db"))
          work(db)
          db.close()
        })
      yield* onFile((db) => db.exec("PRAGMA user_version = 2"))
      for (const args of [
        ["status"],
        ["log"],
        ["verify"],
        ["export"],
        ["upgrade", "web"],
        ["import", "recipe/Procfile"]
      ]) {
        const ran = yield* world.lastgood([...args, "--json"])
        assert.strictEqual(ran.code, 1, args.join(" "))
        assert.deepNestedInclude(jsonOf(ran), { "error.tag": "StoreUnavailable" })
        assert.match(
          ran.stderr,
          /format is 2; this lastgood reads format 1\nnext: use the version of lastgood that wrote it/
        )
      }
      yield* onFile((db) => {
        assert.deepInclude(db.prepare("PRAGMA user_version").get(), { user_version: 2 })
        db.exec("PRAGMA user_version = 1")
      })
      assert.strictEqual((yield* world.lastgood(["verify"])).code, 0)
    }))

  test("with unknown events is shown raw, folded without them, and kept complete", (world) =>
    Effect.gen(function* () {
      const data = { wheels: 4, "\u009b31m": "\u202e" }
      yield* append(world, deployed, event("Teleported", 1, data), event("AppHeld", 2, data))
      const log = yield* world.lastgood(["log"])
      assert.match(log.stdout, /2 {2}2026-11-22 03:00:00Z {2}web {2}Teleported +\(v1\) \{"wheels":4,/)
      assert.match(log.stdout, /3 {2}.*AppHeld +\(v2\) \{"wheels":4,/)
      const raw = (yield* world.lastgood(["log", "--json"])).stdout.trimEnd().split("\n")
      assert.deepStrictEqual(JSON.parse(raw[1] ?? "").data, data)
      const status = yield* world.lastgood(["status", "--json"])
      assert.deepNestedInclude(jsonOf(status), { "apps[0].lastGood": ref.version, "apps[0].held": null })
      const held = yield* world.lastgood(["hold", "web", "--reason", "audit"])
      assert.strictEqual(held.code, 0, held.stderr)
      assert.strictEqual((yield* world.lastgood(["verify"])).code, 0)
      assert.match((yield* world.lastgood(["export", "-q"])).stdout, /"type":"AppHeld","v":2,/)
    }))

  test("with an attempt that has an unknown step is left to the newer one", (world) =>
    Effect.gen(function* () {
      const to = { version: "1.1.0+1.0.0", commit: "d" }
      const plan = ["teleport", "commit"]
      yield* append(world, deployed, event("UpgradeAttempted", 1, { from: ref, to, trigger: "t", snapshot: "s", plan }))
      const before = (yield* world.lastgood(["export", "-q"])).stdout
      for (const args of [["upgrade"], ["rollback"], ["hold"]]) {
        const ran = yield* world.lastgood([...args, "web"])
        assert.strictEqual(ran.code, 1, args.join(" "))
        assert.match(
          ran.stderr,
          /a step that this version of lastgood does not know: teleport\nnext: finish it with the newer lastgood/
        )
      }
      const status = yield* world.lastgood(["status"])
      assert.match(status.stdout, /waits for upgrade: teleport/)
      assert.strictEqual((yield* world.lastgood(["export", "-q"])).stdout, before)
    }))
})

/** Verifies: LAW-6, LAW-13 */
describe("malicious rows", () => {
  const evil = "\u001b[2J\u009b31m\u202e\u0007\r\u200b<app>"
  test("are shown without control characters, and do not crash a command", (world) =>
    Effect.gen(function* () {
      yield* append(
        world,
        event("UpgradeCommitted", 1, { version: evil, commit: evil, previous: null }, { at: evil, actor: evil }),
        event(`X${evil}`, 1, { [evil]: evil }, { at: evil, attempt: evil }),
        event("AppHeld", 1, { reason: evil, until: evil }),
        event("UpgradeRefused", 1, { from: null, to: ref, gate: evil, reason: evil, next: evil }),
        event("VersionQuarantined", 1, { version: evil, commit: evil, reason: evil, failures: 1e300, until: null }),
        event("DataSetAside", 1, { volumes: [{ name: evil, path: evil }], until: evil }),
        event("StepFailed", 1, { step: evil, error: evil, reason: evil, next: evil }, { at: evil })
      )
      yield* EventStore.use((store) =>
        store.append(`app/${evil}`, { _tag: "Any" }, [event("AppReleased", 1, {}, { at: "9999-99-99", id: evil })])
      ).pipe(Effect.provide(layer({ path: world.at("root/events.db") })))
      for (const command of [
        ["log"],
        ["replay"],
        ["status"],
        ["verify"],
        ["plan"],
        ["snapshots"],
        ["log", "web", "-n", "2"]
      ]) {
        for (const flags of [[], ["--json"]]) {
          const ran = yield* world.lastgood([...command, ...flags])
          const what = [...command, ...flags].join(" ")
          assert.notMatch(ran.stdout, control, what)
          assert.notMatch(ran.stderr, control, what)
          assert.notMatch(ran.stderr, /bug in lastgood/, what)
          assert.include([0, 1, 5], ran.code, what)
        }
      }
      const line = (yield* world.lastgood(["log", "--json", "-n", "1"])).stdout
      assert.strictEqual(JSON.parse(line).stream, `app/${evil}`)
    }))

  test("of a known type that cannot be decoded are reported with their position", (world) =>
    Effect.gen(function* () {
      yield* append(world, deployed, event("StepStarted", 1, { step: 5 }))
      for (const args of [["log"], ["status"], ["replay"], ["upgrade", "web"]]) {
        const ran = yield* world.lastgood(args)
        assert.strictEqual(ran.code, 1, args.join(" "))
        assert.match(ran.stderr, /the event at position 2 \(StepStarted v1 of app\/web\) cannot be read: .*\nnext: /)
      }
      assert.strictEqual((yield* world.lastgood(["log", "--json"])).code, 0)
    }))

  test("that are nested endlessly or contain invalid numbers are reported as damage", (world) =>
    Effect.gen(function* () {
      yield* append(world, deployed, event("Deep", 1, {}))
      const change = (set: string, value: string | bigint) =>
        Effect.sync(() => {
          const db = new DatabaseSync(world.at("root/events.db"))
          db.exec("PRAGMA ignore_check_constraints = ON; DROP TRIGGER IF EXISTS events_no_update")
          db.prepare(`UPDATE events SET ${set} = ? WHERE position = 2`).run(value)
          db.close()
        })
      for (const [set, value] of [
        ["data", "[".repeat(200_000) + "]".repeat(200_000)],
        ["data", "{"],
        ["schema_version", 2n ** 62n]
      ] as const) {
        yield* change(set, value)
        for (const args of [["log", "--json"], ["status"], ["export"]]) {
          const ran = yield* world.lastgood(args)
          assert.strictEqual(ran.code, 1, args.join(" "))
          assert.match(ran.stderr, /(damaged|not whole).*\nnext: /)
        }
        assert.strictEqual((yield* world.lastgood(["verify"])).code, 1)
      }
    }))
})
