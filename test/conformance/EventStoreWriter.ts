/**
 * A process that writes to a log, for the tests that need several of them, or one to kill.
 *
 *     EventStoreWriter.ts <log> crash <writer>           batches of three for ever; prints the ids of each once acknowledged
 *     EventStoreWriter.ts <log> race <writer> <rounds>   says "ready", waits for <log>.go, opens the log, appends
 *                                                        Exactly(0), Exactly(1) …; prints which it won and lost
 */
import { randomUUID } from "node:crypto"
import { existsSync, statSync } from "node:fs"
import { EventStore, type NewEvent } from "@lastgood/core/log/EventStore"
import { layer } from "@lastgood/core/log/EventStoreSqlite"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"

const [path = "", mode = "", writer = "", rounds = "0"] = process.argv.slice(2)

const openMs = 200
const roundMs = 10

const event = (): NewEvent => ({
  id: randomUUID(),
  type: "StepDone",
  v: 1,
  at: "2026-11-22T03:00:00.000Z",
  actor: writer,
  attempt: null,
  data: { step: "prefetch" }
})

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const crash = Effect.gen(function* () {
  const store = yield* EventStore
  while (true) {
    const { events } = yield* store.append(`app/${writer}`, { _tag: "Any" }, [event(), event(), event()])
    yield* say(events.map((e) => e.id).join(" "))
    yield* Effect.yieldNow
  }
})

/**
 * Opens the log, which is not there yet, and begins each round, at the same moment as the others: left to themselves,
 * whoever holds the lock keeps it.
 */
const race = Effect.gen(function* () {
  yield* say("ready")
  while (!existsSync(`${path}.go`)) yield* Effect.sleep("2 millis")
  const store = yield* Effect.map(Layer.build(layer({ path })), Context.get(EventStore))
  const start = statSync(`${path}.go`).mtimeMs + openMs
  for (let version = 0; version < Number(rounds); version++) {
    while ((yield* Clock.currentTimeMillis) < start + version * roundMs);
    const result = yield* Effect.result(store.append("app/race", { _tag: "Exactly", version }, [event()]))
    if (Result.isSuccess(result)) yield* say(`won ${version}`)
    else if (result.failure._tag === "VersionConflict") yield* say(`lost ${version} at ${result.failure.actual}`)
    else yield* Effect.fail(result.failure)
  }
})

await Effect.runPromise(mode === "race" ? Effect.scoped(race) : Effect.provide(crash, layer({ path })))
