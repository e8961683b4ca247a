import { type DigestOf, digestText } from "@lastgood/core/domain/digest"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { makeStates } from "@lastgood/core/domain/makeStates"
import { initialStateOf } from "@lastgood/core/domain/State"
import { iso, isoMillis } from "@lastgood/core/domain/time"
import { appOf } from "@lastgood/core/engine/Journal"
import * as Effect from "effect/Effect"
import { eachRecorded } from "./history.ts"

/**
 * What happened since a time, app by app, from the log alone: as the daily digest tells it.
 *
 * @param stream of one app; null: the whole log.
 * @param since epoch milliseconds.
 * @param now epoch milliseconds.
 */
export const digestSince = Effect.fn("Cli.digestSince")(function* (stream: string | null, since: number, now: number) {
  const apps = new Map<string, Array<Recorded>>()
  const { add, states } = makeStates()
  yield* eachRecorded(stream, (recorded, envelope) => {
    const app = appOf(envelope.stream)
    const events = apps.get(app) ?? []
    if (isoMillis(envelope.at) >= since) events.push(recorded)
    apps.set(app, events)
    add(app, recorded)
  })
  // What happened under a former name is told under that name, for which nothing is open any more.
  const found = [...apps].map(
    ([app, events]): DigestOf => ({ app, events, state: states.get(app) ?? initialStateOf(app) })
  )
  return digestText(iso(since), found, now)
})
