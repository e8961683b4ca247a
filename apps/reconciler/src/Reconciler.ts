/**
 * The daemon's loop over all apps, each on its own interval or schedule, at most `concurrency` at a time, with health checks
 * in between. It uses the same engine as `lastgood upgrade`. On SIGTERM it finishes a step that keeps an app down, up to the
 * deploy; the next start resumes the rest from the log.
 */
import { dirname } from "node:path"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { inOrder } from "@lastgood/core/domain/policy/after"
import { traitsOf } from "@lastgood/core/domain/RuntimeKind"
import { Configured as ConfiguredNow, Host } from "@lastgood/core/engine/Observer"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Semaphore from "effect/Semaphore"
import { watchBreaker } from "./breaker.ts"
import { type Configuration, type Configured, makeConfiguration, type Source, type Trouble } from "./Configuration.ts"
import { Cadence } from "./cadence.ts"
import { checkedIn } from "./checked.ts"
import { deliverHostAlerts, makeConfigAlerts } from "./configAlerts.ts"
import { giveMemoryBack } from "./heap.ts"
import { hasJustStarted } from "./host.ts"
import type { Daemon } from "./http/Daemon.ts"
import type { InFlight } from "./InFlight.ts"
import { makeKeptWorld } from "./keptWorld.ts"
import { counted, countPass } from "./metrics/passes.ts"
import type { Notifier } from "./notifier.ts"
import { effective, isInFlight, pass, refusalOf, type World } from "./pass.ts"
import { makePreparations } from "./preparing/preparations.ts"
import type { ServiceManager } from "./ServiceManager.ts"
import { millisToNext, waitsUntil } from "./schedule.ts"
import { type Facts, startedLine } from "./started.ts"
import { makeTeller, tell } from "./teller.ts"
import { makeTurns } from "./turns.ts"
import { makeWakes } from "./wakes.ts"
import { makeLook } from "./watch.ts"
import { makeWatches } from "./watches.ts"

export interface Options {
  readonly world: World
  /** The most apps to work on at the same time. */
  readonly concurrency: number
  /** Fetch newer versions from the recipes' remotes. */
  readonly fetch: boolean
}

/** Further options of the daemon. */
export interface DaemonOptions extends Options {
  readonly source: Source
  readonly first: Configured
  /** Serves HTTP as long as the daemon runs. */
  readonly http: (
    face: Pick<Daemon, "checked" | "configured" | "current" | "digest" | "host" | "turns" | "wake">
  ) => Effect.Effect<unknown>
  /** Waits for the next request to reload everything (SIGHUP). */
  readonly hangup: Effect.Effect<void>
  readonly notifier: Notifier
  readonly service: ServiceManager
  readonly facts: Facts
  readonly inFlight: InFlight
  /** Why the daemon is asked to end, such as a signal. */
  readonly endedBy: () => string
}

/** How often to retry an unfinished attempt, and an app that comes after another one. */
const resumeEveryMs = 5 * 60_000

/** Apps with an attempt in flight come first, because they may be down. */
const mostUrgentFirst = Effect.fnUntraced(function* (world: World, apps: ReadonlyArray<PluggedApp>) {
  const begun = yield* Effect.filter(apps, (app) => isInFlight(world, app))
  return [...begun, ...inOrder(apps).filter((app) => !begun.includes(app))]
})

/** One pass over every app now, regardless of schedules. It also checks their health, because no watch follows. */
export const reconcileOnce = Effect.fn("Reconciler.runOnce")(function* (
  options: Options,
  { apps, breaker }: Pick<Configured, "apps" | "breaker">
) {
  const afterBoot = hasJustStarted()
  const inTurn = makeTurns(yield* Semaphore.make(options.concurrency))
  // One that opens the log anew for each of many apps would spend most of its time on that.
  const { world } = yield* makeKeptWorld(options.world).pipe(
    Effect.provideService(Host, Effect.succeed({ apps, breaker }))
  )
  const results = yield* Effect.forEach(
    yield* mostUrgentFirst(world, apps),
    (app) =>
      inTurn(
        app,
        pass(world, app, { upgrade: true, fetch: options.fetch, judge: true, afterBoot }).pipe(
          Effect.tap(tell),
          Effect.tap((result) => watchBreaker(world, app, result))
        )
      ),
    { concurrency: "unbounded" }
  ).pipe(Effect.provideService(Host, Effect.succeed({ apps, breaker })))
  const [first] = apps
  if (first !== undefined) yield* deliverHostAlerts(world, dirname(first.dir))
  return results
}, Effect.scoped)

const passesOf = (name: string): string => `${name} passes`
const watchOf = (name: string): string => `${name} watch`

/** The last line of the log, before the daemon finishes what it must not leave. */
const stopping = Effect.fnUntraced(function* ({ endedBy, inFlight, service }: DaemonOptions) {
  const left = inFlight.text()
  const why = endedBy()
  const what = left === "" ? "no attempt is in flight" : `in flight: ${left}`
  yield* Effect.annotateLogs(Effect.logInfo(`lastgood stops (${why}): ${what}`), {
    ...{ event: "DaemonStopping", why, inFlight: inFlight.list() }
  })
  yield* service.stopping(left === "" ? "stops" : `finishes ${left}`)
})

/** Runs the daemon until it is interrupted. */
export const reconcile = Effect.fn("Reconciler.run")(function* (options: DaemonOptions) {
  const { world, fetch, notifier, service } = options
  const { configurationMs, mirrorsMs, retryMs } = yield* Cadence
  const turns = yield* Semaphore.make(options.concurrency)
  const inTurn = makeTurns(turns)
  const wakes = makeWakes()
  const alerts = yield* FiberMap.make<string>()
  const tellOnce = makeTeller()
  const { afterPass, raise, retry } = makeConfigAlerts(world, options.first.root)
  // Waits for the claim on the app, in the background.
  const alert = (troubles: ReadonlyArray<Trouble>) =>
    Effect.asVoid(FiberMap.run(alerts, "configuration", raise(troubles)))
  const configuration: Configuration = yield* makeConfiguration(options.source, options.first, alert)
  const current = (app: PluggedApp) => configuration.current(app.name)
  // The engine keeps what it was built with.
  const keptWorld = yield* makeKeptWorld(world).pipe(
    Effect.provideService(ConfiguredNow, current),
    Effect.provideService(Host, configuration.host)
  )
  const { world: kept } = keptWorld
  const preparations = makePreparations({ world: kept, apps: configuration.apps, everyMs: mirrorsMs })
  let checked: Daemon["checked"] = () => null
  // Before the passes, so that it ends after them: it tells of the step that the daemon finishes.
  yield* Effect.forkScoped(
    options
      .http({
        ...{ configured: configuration.configured, current: configuration.current, host: configuration.host },
        digest: configuration.digest,
        checked: (...look) => checked(...look),
        ...{ turns, wake: wakes.wake }
      })
      .pipe(
        Effect.tapCause((cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.void
            : Effect.logError(
                "HTTP is not served any more, the apps are watched all the same: a bug in lastgood",
                cause
              )
        )
      )
  )
  const { details, message } = startedLine(options.first.apps, options.facts, yield* Clock.currentTimeMillis)
  yield* Effect.annotateLogs(Effect.logInfo(message), details)
  const status = Effect.map(configuration.apps, (apps) => {
    options.inFlight.watch(apps.length)
    return options.inFlight.status()
  })
  yield* Effect.flatMap(status, service.ready)

  const passOver = (app: PluggedApp, how: { readonly upgrade: boolean; readonly afterBoot: boolean }) =>
    counted(
      (work) => inTurn(how.upgrade ? app : { ...app, after: [] }, work),
      Effect.flatMap(current(app), (present) =>
        present === null
          ? Effect.void
          : notifier.begin.pipe(
              Effect.andThen(pass(world, present, { ...how, fetch, judge: false })),
              Effect.tap(notifier.end),
              Effect.tap(countPass),
              Effect.tap((result) => watchBreaker(kept, present, result)),
              Effect.flatMap(tellOnce),
              Effect.andThen(afterPass(present)),
              Effect.andThen(retry),
              Effect.andThen(preparations.consider(present.name))
            )
      )
    ).pipe(Effect.provideService(ConfiguredNow, current), Effect.provideService(Host, configuration.host))

  /** Waits until the next pass is due, by the present configuration. */
  const untilDue = Effect.fnUntraced(function* (name: string) {
    const since = yield* Clock.currentTimeMillis
    while (true) {
      const app = yield* configuration.current(name)
      if (app === null) return null
      if ((yield* wakes.taken(name)) && (yield* isInFlight(kept, app))) return { app, upgrade: false }
      // Each version of the recipe may change the schedule.
      const dueInMs = millisToNext(yield* effective(kept, app), since)
      // An app that waits for free space is down, so it does not wait for its schedule as well.
      const isEarly = dueInMs > resumeEveryMs && (yield* isInFlight(kept, app))
      // A pass takes the claim, and most find nothing: mirrors that took hours would never be up to date.
      const isPreparing = !isEarly && preparations.isRunning(name)
      const refused = yield* refusalOf(kept, app)
      const waits = waitsUntil(refused, since, resumeEveryMs, isPreparing) ?? Number.POSITIVE_INFINITY
      const usual = isPreparing ? Number.POSITIVE_INFINITY : since + (isEarly ? resumeEveryMs : dueInMs)
      const due = Math.min(usual, waits)
      const now = yield* Clock.currentTimeMillis
      if (now >= due) return { app, upgrade: !isEarly || now >= waits }
      const sleep = due === Number.POSITIVE_INFINITY ? Effect.never : Effect.sleep(due - now)
      const ended = isPreparing ? preparations.ended(name) : Effect.never
      yield* Effect.raceAllFirst([sleep, configuration.change, wakes.wait(name), ended])
    }
  })

  const passes = Effect.fnUntraced(function* (first: PluggedApp, afterBoot: boolean) {
    // A schedule is for upgrades; finishing an attempt does not wait for it.
    const { schedule } = yield* effective(kept, first)
    yield* passOver(first, { upgrade: schedule === null, afterBoot })
    while (true) {
      const due = yield* untilDue(first.name)
      if (due === null) return
      yield* passOver(due.app, { upgrade: due.upgrade, afterBoot: false })
    }
  })

  const running = yield* FiberMap.make<string>()
  const watches = makeWatches({
    known: configuration.known,
    change: configuration.change,
    look: makeLook(keptWorld),
    restart: (app) => (traitsOf(app).startsAgain ? Effect.void : passOver(app, { upgrade: false, afterBoot: false })),
    begin: (name, work) => FiberMap.run(running, watchOf(name), work)
  })
  checked = (app, look, now) => checkedIn(watches.memoryOf(app.name), app, look, now)
  /** Starts passes and watch of an app. Those of a removed app end after the attempt in flight. */
  const start = Effect.fnUntraced(function* (app: PluggedApp, afterBoot: boolean) {
    yield* FiberMap.run(running, passesOf(app.name), passes(app, afterBoot), { onlyIfMissing: true })
    // Its first look comes after the first pass has begun, which restarts apps that the host lost.
    yield* watches.add(app)
  })

  const afterBoot = hasJustStarted()
  yield* Effect.forEach(yield* mostUrgentFirst(kept, options.first.apps), (app) => start(app, afterBoot))
  const follow = Effect.gen(function* () {
    while (true) {
      yield* Effect.raceFirst(Effect.sleep(configurationMs), configuration.change)
      yield* configuration.refresh
      const before = options.inFlight.status()
      const now = yield* status
      if (now !== before) service.status(now)
      // Most apps have both already, each time.
      const missing = (yield* configuration.apps).filter(
        ({ name }) => !(FiberMap.hasUnsafe(running, passesOf(name)) && watches.has(name))
      )
      yield* Effect.forEach(missing, (app) => start(app, false))
    }
  })
  yield* FiberMap.run(alerts, "watch", watches.run)
  yield* FiberMap.run(alerts, "mirrors", preparations.run)
  yield* FiberMap.run(alerts, "notifications", notifier.run(configuration.apps))
  // An unusable app has no passes.
  yield* FiberMap.run(alerts, "retry", Effect.forever(Effect.delay(retry, retryMs)))
  yield* FiberMap.run(alerts, "service manager", service.run)
  yield* FiberMap.run(
    alerts,
    "memory",
    giveMemoryBack(() => options.inFlight.list().length > 0)
  )
  const reload = Effect.andThen(service.reloading, configuration.reload("SIGHUP")).pipe(
    Effect.andThen(status),
    Effect.flatMap(service.ready)
  )
  const orders = Effect.forever(Effect.andThen(options.hangup, reload))
  return yield* Effect.onInterrupt(Effect.raceFirst(follow, orders), () => stopping(options))
}, Effect.scoped)
