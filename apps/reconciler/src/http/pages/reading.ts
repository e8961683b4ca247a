/** The pages that only read: one app, one attempt. */
import { folderSize } from "@lastgood/core/disk/folderSize"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import type { AppState } from "@lastgood/core/domain/State"
import { recordedOf, streamOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { announcementOf, appPage } from "../../pages/app.ts"
import { attemptPage } from "../../pages/attemptPage.ts"
import { notFound } from "../../pages/signIn.ts"
import { alertsIn } from "../../reading/History.ts"
import { Pasts } from "../../reading/Pasts.ts"
import { snapshotsOf } from "../../reading/snapshots.ts"
import { askedStandings } from "../../reading/standings.ts"
import { Acts } from "../Acts.ts"
import { Serving } from "../Daemon.ts"
import { page } from "./respond.ts"

/** No attempt has more events, but one that waits for space for a month. */
const mostEvents = 500

const missing = (what: string) => page("Nothing here", notFound(what), { status: 404 })

/** The app that a path names; null: the configuration has none of that name. */
export const appOfPath = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const { app = "" } = yield* HttpRouter.params
  return (yield* daemon.configured).find(({ name }) => name === app) ?? null
})

/** The steps that the attempt in flight has not begun. */
const remainingOf = ({ attempt }: AppState): ReadonlyArray<string> =>
  attempt === null ? [] : attempt.plan.filter((step) => !attempt.done.includes(step) && step !== attempt.current?.step)

/** Data that was set aside stays as it is, so it is measured once. */
const makeAside = () => {
  const sizes = new Map<string, Effect.Success<ReturnType<typeof folderSize>>>()
  const measured = Effect.fnUntraced(function* (path: string) {
    const found = sizes.get(path) ?? (yield* folderSize(path))
    if (sizes.size > 1000) sizes.clear()
    if (!found.isPartial) sizes.set(path, found)
    return { path, size: found }
  })
  return ({ aside }: AppState) =>
    Effect.forEach(aside, ({ until, volumes }) =>
      Effect.map(
        Effect.forEach(volumes, ({ path }) => measured(path)),
        (paths) => ({ until, paths })
      )
    )
}

export const makeReading = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const { read: pasts } = yield* Pasts
  const acts = yield* Acts
  const asideOf = makeAside()

  const one = Effect.fnUntraced(
    function* (app: ConfiguredApp) {
      const { of, position } = yield* pasts
      const now = yield* Clock.currentTimeMillis
      const { attempts, begun, series, state } = of(app.name)
      const [standing] = yield* askedStandings([app], now)
      if (standing === undefined) return missing("of that app")
      const shown = {
        standing,
        attempts,
        begun,
        remaining: remainingOf(state),
        downtimes: state.downtimes,
        series,
        snapshots: yield* snapshotsOf(app),
        aside: yield* asideOf(state),
        alerts: alertsIn(app.name, of(app.name)),
        interruptible: state.attempt !== null && acts.isAt(app.name, state.attempt.id) ? state.attempt.id : null,
        refused: state.refused === null ? null : { version: state.refused.to.version, gate: state.refused.gate },
        now
      }
      return page(app.name, appPage(shown), { live: { app: app.name, position, said: announcementOf(shown) } })
    },
    Effect.provide(Layer.fresh(daemon.reading))
  )

  const attempt = Effect.fnUntraced(
    function* (app: ConfiguredApp, id: string) {
      const { of, position } = yield* pasts
      const { attempts, state } = of(app.name)
      const found = attempts.find((one) => one.id === id)
      if (found === undefined) return missing("of that attempt: the pages keep the newest thirty of an app")
      const own: Array<Envelope> = []
      yield* eachPage(streamOf(app.name), (events) =>
        Effect.as(
          Effect.sync(() => own.push(...events.filter((envelope) => envelope.attempt === id))),
          true
        )
      )
      const events = yield* Effect.forEach(own.slice(0, mostEvents), recordedOf)
      const shown = {
        app: app.name,
        attempt: found,
        downtime: state.downtimes.find((one) => one.attempt === id) ?? null,
        remaining: remainingOf(state),
        now: yield* Clock.currentTimeMillis,
        events,
        more: own.length - events.length
      }
      const said = `${found.kind} of ${app.name}: ${found.outcome ?? found.steps.at(-1)?.step ?? "begun"}`
      const live = { app: app.name, position, said }
      return page(`${found.kind} of ${app.name}`, attemptPage(shown), found.outcome === null ? { live } : {})
    },
    Effect.provide(Layer.fresh(daemon.reading))
  )

  return {
    app: Effect.flatMap(appOfPath, (app) => (app === null ? Effect.succeed(missing("of that app")) : one(app))),
    attempt: Effect.gen(function* () {
      const { attempt: id = "" } = yield* HttpRouter.params
      const app = yield* appOfPath
      return app === null ? missing("of that app") : yield* attempt(app, id)
    })
  }
})
