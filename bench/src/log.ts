/** Append and replay of the log, compared with the simplest durable log: a line of JSON and fdatasync. */
import { open } from "node:fs/promises"
import * as path from "node:path"
import { make } from "@lastgood/core/domain/Event"
import { fold } from "@lastgood/core/domain/evolve"
import { initialStateOf } from "@lastgood/core/domain/State"
import { decodeEnvelope, encodeEvent } from "@lastgood/core/log/Codec"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import * as Effect from "effect/Effect"
import { measure, type Result } from "./measure.ts"

const appends = 200
const event = make("HealthPassed", { version: "10.7.1+26.6.2", tookMs: 21_000, checks: [] })

const withLog = <A, E>(file: string, use: (store: typeof EventStore.Service) => Effect.Effect<A, E>) =>
  Effect.runPromise(Effect.scoped(EventStore.use(use).pipe(Effect.provide(EventStoreSqlite.layer({ path: file })))))

export const log = async (work: string, rounds: number): Promise<ReadonlyArray<Result>> => {
  let n = 0
  const file = path.join(work, "events.db")
  const lines = path.join(work, "events.jsonl")
  const envelope = (i: number) => ({
    id: `00000000-0000-7000-8000-${String(i).padStart(12, "0")}`,
    at: "2026-01-01T00:00:00.000Z",
    actor: "bench",
    attempt: null,
    ...encodeEvent(event)
  })
  const append = await measure({
    what: `${appends} durable appends, one transaction each`,
    rounds,
    ours: {
      name: "events.db (expected version, hash chain)",
      act: () =>
        withLog(file, (store) =>
          Effect.gen(function* () {
            for (let i = 0; i < appends; i++)
              yield* store.append("app/bench", { _tag: "Exactly", version: n }, [envelope(n++)])
          })
        )
    },
    theirs: {
      name: "a line of JSON, fdatasync",
      act: async () => {
        const handle = await open(lines, "a")
        for (let i = 0; i < appends; i++) {
          await handle.appendFile(`${JSON.stringify(envelope(i))}\n`)
          await handle.datasync()
        }
        await handle.close()
      }
    }
  })
  const replay = await measure({
    what: `replay of ${n} events`,
    rounds,
    ours: {
      name: "read, decode, fold",
      act: () =>
        withLog(file, (store) =>
          Effect.gen(function* () {
            const envelopes = yield* store.read("app/bench")
            const recorded = yield* Effect.forEach(envelopes, (e) =>
              Effect.map(decodeEnvelope(e), (decoded) => ({
                version: e.version,
                at: e.at,
                attempt: e.attempt,
                event: decoded
              }))
            )
            fold(recorded, initialStateOf("bench"))
          })
        )
    },
    theirs: {
      name: "read, JSON.parse of the same number of lines",
      act: async () => {
        const handle = await open(lines)
        let read = 0
        for await (const line of handle.readLines()) if (read++ < n) JSON.parse(line)
      }
    }
  })
  return [append, replay]
}
