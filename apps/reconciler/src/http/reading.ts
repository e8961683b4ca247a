/** The reading part of the API, except for the log. Every answer is what a command prints with `--json`. */
import { daemonOf } from "@lastgood/core/claim/daemonLock"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import { appOf } from "@lastgood/core/engine/Journal"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { hostName } from "../namedApp.ts"
import { shownAlerts } from "../reading/alerts.ts"
import { keptDocument } from "../reading/kept.ts"
import { askedStandings, offlineStandings } from "../reading/standings.ts"
import { unconfigured } from "../reading/unconfigured.ts"
import { verifySnapshots } from "../reading/verify.ts"
import { Api } from "./api/Api.ts"
import { configuredApp, usableApp } from "./apps.ts"
import { orRefused, orUnavailable } from "./asProblem.ts"
import { Serving } from "./Daemon.ts"
import { makeLog } from "./log.ts"
import { makeQueue } from "./queue.ts"
import { makeShared } from "./shared.ts"

/** The most requests that ask runtimes or remotes at the same time, because each may start programs. */
const asksAtOnce = 4

/** The most plans that wait for that, and the most requests that wait for a verification. */
const mostPlans = 32
const mostVerifies = 4

const format = 1 as const

export const ReadingLive = HttpApiBuilder.group(
  Api,
  "reading",
  Effect.fnUntraced(function* (handlers) {
    const { daemon } = yield* Serving
    const asks = yield* Semaphore.make(asksAtOnce)
    const planning = makeQueue(asks, mostPlans)
    const verifying = makeQueue(yield* Semaphore.make(1), mostVerifies)
    const fresh = Layer.fresh(daemon.reading)

    const named = (name: string) => configuredApp(daemon, name)

    const oneOrAll = (name: string | undefined) =>
      name === undefined ? daemon.configured : Effect.map(named(name), (app) => [app])

    /** Also apps that only the log still knows. */
    const inLog = Effect.fnUntraced(function* (name: string | undefined) {
      const streams = (yield* (yield* EventStore).streams).map(appOf)
      if (name === undefined) return streams
      if (name === hostName || streams.includes(name)) return [name]
      return [(yield* named(name)).name]
    })

    const log = yield* makeLog(daemon.root, inLog)

    const standings = Effect.fnUntraced(function* (apps: ReadonlyArray<ConfiguredApp>, isOffline: boolean) {
      const now = yield* Clock.currentTimeMillis
      return isOffline ? yield* offlineStandings(apps, now) : yield* askedStandings(apps, now, daemon.checked)
    })

    const shownApps = yield* makeShared(asks, (offline) =>
      Effect.gen(function* () {
        const apps = yield* standings(yield* daemon.configured, offline === "true")
        const names = (yield* daemon.configured).map(({ name }) => name)
        const left = yield* unconfigured(daemon.root, names)
        return { format, daemon: yield* daemonOf(daemon.root), apps, unconfigured: left }
      }).pipe(Effect.provide(fresh), orUnavailable)
    )

    const shownApp = yield* makeShared(asks, (key) =>
      Effect.gen(function* () {
        const [name = "", offline] = key.split(" ")
        const app = yield* named(name)
        const [shown] = yield* standings([app], offline === "true")
        return { format, app: shown ?? (yield* Effect.die(new Error(`${app.name} has no standing`))) }
      }).pipe(Effect.provide(fresh), orUnavailable)
    )

    /** Sizes are counted on the disk. */
    const shownKept = yield* makeShared(asks, (name) =>
      Effect.gen(function* () {
        const apps = yield* oneOrAll(name === "" ? undefined : name)
        return { format, ...(yield* keptDocument(daemon.root, apps)) }
      }).pipe(Effect.provide(fresh), orUnavailable)
    )

    return handlers
      .handle("apps", ({ query }) => shownApps(query.offline ?? "false"))
      .handle("app", ({ params, query }) =>
        Effect.flatMap(named(params.app), ({ name }) => shownApp(`${name} ${query.offline ?? "false"}`))
      )
      .handle("plan", ({ params, query }) =>
        Effect.gen(function* () {
          const app = yield* usableApp(daemon, params.app)
          const fetch = query.fetch === "true"
          const request = { _tag: "Upgrade", to: null, trigger: "operator", fetch } as const
          return { format, plan: yield* (yield* Engine).preview(app, request) }
        }).pipe(Effect.provide(fresh), planning, orRefused)
      )
      .handle("snapshots", ({ query }) =>
        query.app === undefined ? shownKept("") : Effect.flatMap(named(query.app), ({ name }) => shownKept(name))
      )
      .handle("verify", ({ params, query }) =>
        Effect.gen(function* () {
          const snapshots = yield* verifySnapshots(yield* named(params.app), query.snapshot ?? null)
          return { format, ok: snapshots.every(({ ok }) => ok), snapshots }
        }).pipe(Effect.provide(fresh), verifying, orRefused)
      )
      .handle("alerts", ({ query }) =>
        Effect.gen(function* () {
          const found = yield* Effect.forEach(yield* inLog(query.app), (app) => shownAlerts(app, query.all === "true"))
          return { format, alerts: found.flat() }
        }).pipe(Effect.provide(fresh), orUnavailable)
      )
      .handle("log", log)
  })
)
