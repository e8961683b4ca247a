/** Commands answer the same of a long log whether a state is saved, deleted, torn, or of another log. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { type Event, make } from "@lastgood/core/domain/Event"
import { encodeEvent } from "@lastgood/core/log/Codec"
import { EventStore, type NewEvent } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

vi.setConfig({ testTimeout: 120_000 })

const count = 1500

const envelope = (event: Event, n: number): NewEvent => ({
  id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`,
  at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
  actor: "cli:root",
  attempt: null,
  ...encodeEvent(event)
})

/** Writes a log of many holds. @param reason of each, with its number. */
const writeLog = Effect.fnUntraced(function* (root: string, reason: string) {
  yield* Effect.promise(() => mkdir(root, { recursive: true, mode: 0o700 }))
  const held = (n: number) => envelope(make("AppHeld", { reason: `${reason} ${n}`, until: null }), n)
  yield* EventStore.use((store) =>
    store.append("app/web", { _tag: "NoStream" }, [
      held(0),
      ...Array.from({ length: count - 1 }, (_, n) => held(n + 1))
    ])
  ).pipe(Effect.provide(EventStoreSqlite.layer({ path: join(root, "events.db") })), Effect.orDie)
})

/** Verifies: LAW-6 */
describe("a log of more than a thousand events", () => {
  it.live("has the same status, alerts and last events with and without saved states", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { at, lastgood } = yield* makeWorld()
        yield* writeLog(at("root"), "held")
        const states = at("root/events.db-states")
        const told = Effect.gen(function* () {
          const ran = [
            yield* lastgood(["status", "web", "--offline", "--json"]),
            yield* lastgood(["replay", "web", "--json"]),
            yield* lastgood(["log", "web", "--limit", "2", "--json"])
          ]
          return ran.map(({ stdout }) => stdout)
        })
        const first = yield* told
        assert.include(first[0], `held ${count - 1}`)
        assert.deepStrictEqual(
          first[2]
            ?.trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line).version),
          [count - 1, count]
        )
        const [name = ""] = yield* Effect.promise(() => readdir(states))
        assert.deepStrictEqual(yield* told, first)
        yield* Effect.promise(() => writeFile(join(states, name), "torn"))
        assert.deepStrictEqual(yield* told, first)
        yield* Effect.promise(() => rm(states, { recursive: true }))
        assert.deepStrictEqual(yield* told, first)

        // Another log in its place, with the saved state of the first beside it.
        yield* Effect.promise(() => rm(at("root/events.db")))
        yield* writeLog(at("root"), "other")
        assert.include((yield* told)[0], `other ${count - 1}`)
      })
    )
  )

  it.live("has saved states after an import, and the app can be acted on", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { at, lastgood } = yield* makeWorld()
        yield* writeLog(at("old"), "held")
        yield* lastgood(["export", "--root", "old", "--out", "log.jsonl"])
        assert.strictEqual((yield* lastgood(["import", "log.jsonl"])).code, 0)
        assert.lengthOf(yield* Effect.promise(() => readdir(at("root/events.db-states"))), 1)
        assert.strictEqual((yield* lastgood(["release", "web"])).code, 0)
        assert.deepNestedInclude(jsonOf(yield* lastgood(["status", "web", "--offline", "--json"])), {
          "apps[0].held": null
        })
        const verified = jsonOf(yield* lastgood(["verify", "--json"]))
        assert.deepNestedInclude(verified, { ok: true, "log.problems": [] })
      })
    )
  )
})
