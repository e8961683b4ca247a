/**
 * The page of all apps, for which many browsers ask at the same time, and again and again. The log and the looks are read once
 * for all that wait, and a page is made anew only if it may differ.
 */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { hostName } from "@lastgood/core/domain/hostName"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Semaphore from "effect/Semaphore"
import { type Overview, overview, summary } from "../../pages/overview.ts"
import { alertsIn } from "../../reading/History.ts"
import { Pasts } from "../../reading/Pasts.ts"
import { Serving } from "../Daemon.ts"
import { makeStandings } from "../Standings.ts"
import { makeShared } from "../shared.ts"
import { page, parameters } from "./respond.ts"

/** Pages show ages in seconds at the finest. */
const sameMs = 1000

/** The most pages that are kept of one reading: people search for what they like. */
const mostPages = 16

type Query = Pick<Overview, "onlyTrouble" | "search">

interface Reading {
  readonly shown: Omit<Overview, keyof Query>
  readonly configured: ReadonlyArray<ConfiguredApp>
  /** Of the log. */
  readonly position: number
  /** Of the looks. */
  readonly revision: number
  readonly pages: Map<string, HttpServerResponse>
}

const pageOf = ({ pages, position, shown }: Reading, query: Query): HttpServerResponse => {
  const key = JSON.stringify(query)
  const found = pages.get(key)
  if (found !== undefined) return found
  const all: Overview = { ...shown, ...query }
  const made = page("Apps", overview(all), { live: { app: null, position, said: summary(all) } })
  if (pages.size < mostPages) pages.set(key, made)
  return made
}

export const makeOverview = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const { read: pasts } = yield* Pasts
  const standings = yield* makeStandings(daemon)
  let last: Reading | null = null

  const read = Effect.gen(function* () {
    const configured = yield* daemon.configured
    const { of, position } = yield* pasts
    const now = yield* Clock.currentTimeMillis
    const apps = yield* standings.all(configured, now, (name) => of(name).state)
    const revision = standings.revision()
    const isSame =
      last !== null &&
      last.configured === configured &&
      last.position === position &&
      last.revision === revision &&
      Math.abs(now - last.shown.now) < sameMs
    if (last !== null && isSame) return last
    const shown = {
      apps,
      alerts: [...configured.map(({ name }) => name), hostName]
        .flatMap((name) => alertsIn(name, of(name)).filter(({ state }) => state === "open"))
        .toSorted((a, b) => b.at.localeCompare(a.at)),
      snapshots: new Map(
        configured.flatMap(({ name }) => {
          const newest = of(name).state.snapshots.at(-1)
          return newest === undefined ? [] : [[name, newest.at] as const]
        })
      ),
      now
    }
    last = { shown, configured, position, revision, pages: new Map() }
    return last
  })
  const shared = yield* makeShared(yield* Semaphore.make(1), () => read, 0)

  return Effect.gen(function* () {
    const query = yield* parameters
    return pageOf(yield* shared("all"), {
      onlyTrouble: query.get("show") === "attention",
      search: (query.get("q") ?? "").trim().slice(0, 100)
    })
  })
})
