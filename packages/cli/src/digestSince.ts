import { type DigestOf, digestText } from "@lastgood/core/domain/digest"
import { evolve, type Recorded } from "@lastgood/core/domain/evolve"
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
  const apps = new Map<string, DigestOf & { readonly events: Array<Recorded> }>()
  yield* eachRecorded(stream, (recorded, envelope) => {
    const app = appOf(envelope.stream)
    const { events, state } = apps.get(app) ?? { events: [] as Recorded[], state: initialStateOf(app) }
    if (isoMillis(envelope.at) >= since) events.push(recorded)
    apps.set(app, { app, events, state: evolve(state, recorded) })
  })
  return digestText(iso(since), [...apps.values()], now)
})
