/**
 * When each app is looked at. One fiber waits for all apps, and begins the looks that are due together, because a process
 * that wakes seldom costs less. A look in progress delays no other one.
 */
import type { PluggedApp } from "@lastgood/core/domain/App"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Semaphore from "effect/Semaphore"
import type { Look, Memory } from "./watch.ts"

interface Watched {
  /** As it was at the last look, or when its watch began. */
  app: PluggedApp
  memory: Memory | null
  /** Milliseconds of the monotonic clock; null: it is looked at now, or not at all. */
  dueAt: number | null
  isLookedAt: boolean
}

export interface WatchesOptions {
  /** The app as configured now; null: it is not. */
  readonly known: (name: string) => Effect.Effect<PluggedApp | null>
  /** Waits for the next change of the configuration. */
  readonly change: Effect.Effect<void>
  /** Never fails. */
  readonly look: (app: PluggedApp, before: Memory | null, watchMs: number) => Effect.Effect<Look>
  /** Restarts an app that has ended. Never fails. */
  readonly restart: (app: PluggedApp) => Effect.Effect<void>
  /** Runs a look in the background, at most one for each app. */
  readonly begin: (name: string, look: Effect.Effect<void>) => Effect.Effect<unknown>
}

/** The most looks at the same time, because each may start a program of the runtime. */
const looksAtOnce = 8

/** So much earlier than its interval may an app be looked at, together with others. */
const earlyShare = 1 / 12

/** So many apps may be looked at together without anybody noticing. */
const togetherAtMost = 32

/** The golden ratio puts each group of apps between the earlier ones. */
const golden = (Math.sqrt(5) - 1) / 2

/**
 * When an app of many is looked at first, as a part of its interval. They begin at the same time, and would come in one burst
 * each time: the second half of the interval has all of them.
 *
 * @param index how many apps are watched already.
 */
const firstPart = (index: number): number => 1 - ((Math.floor(index / togetherAtMost) * golden) % 1) / 2

/** Of the monotonic clock: a change of the wall clock must not delay a look. */
const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

export const makeWatches = ({ begin, change, known, look, restart }: WatchesOptions) => {
  const watched = new Map<string, Watched>()
  const places = Semaphore.makeUnsafe(looksAtOnce)
  const earlier = Latch.makeUnsafe(false)
  /** When the fiber wakes by itself. */
  let wakesAt = Number.POSITIVE_INFINITY

  const due = (one: Watched, at: number) =>
    Effect.suspend(() => {
      one.dueAt = at
      return at < wakesAt ? Effect.asVoid(earlier.open) : Effect.void
    })

  /** @param over called when the look itself is over. */
  const lookAt = (name: string, one: Watched, over: Effect.Effect<void>) => {
    // Also if a bug ends the look.
    let waitMs = one.app.watchMs
    const work = Effect.gen(function* () {
      const app = yield* known(name)
      if (app === null) {
        waitMs = null
        watched.delete(name)
        return
      }
      one.app = app
      waitMs = app.watchMs
      if (app.watchMs === null) {
        one.memory = null
        return
      }
      const seen = yield* look(app, one.memory, app.watchMs)
      one.memory = seen.memory
      yield* over
      if (seen.isLost) yield* restart(app)
      waitMs = (yield* known(name)) === app ? seen.waitMs : 0
    })
    const again = Effect.suspend(() => {
      one.isLookedAt = false
      const afterMs = waitMs
      return afterMs === null ? Effect.void : Effect.flatMap(now, (at) => due(one, at + afterMs))
    })
    return work.pipe(Effect.ensuring(again), Effect.ensuring(over))
  }

  /** Waits for a place first: what a thousand begun looks remember until their turn would cost more than they do. */
  const beginLook = Effect.fnUntraced(function* (name: string, one: Watched) {
    yield* places.take(1)
    let isOver = false
    const over = Effect.suspend(() => {
      if (isOver) return Effect.void
      isOver = true
      return Effect.asVoid(places.release(1))
    })
    yield* begin(name, lookAt(name, one, over))
  })

  const beginDue = Effect.gen(function* () {
    const at = yield* now
    for (const [name, one] of watched) {
      if (one.dueAt === null || one.dueAt - (one.app.watchMs ?? 0) * earlyShare > at) continue
      one.dueAt = null
      one.isLookedAt = true
      yield* beginLook(name, one)
    }
  })

  /** An app that has changed is looked at now. */
  const followChange = Effect.gen(function* () {
    yield* change
    const at = yield* now
    for (const [name, one] of watched) if (!one.isLookedAt && (yield* known(name)) !== one.app) yield* due(one, at)
  })

  const round = Effect.gen(function* () {
    yield* earlier.close
    wakesAt = Number.NEGATIVE_INFINITY
    yield* beginDue
    wakesAt = [...watched.values()].reduce(
      (first, { dueAt }) => Math.min(first, dueAt ?? first),
      Number.POSITIVE_INFINITY
    )
    const waitMs = wakesAt - (yield* now)
    const sleep = waitMs === Number.POSITIVE_INFINITY ? Effect.never : Effect.sleep(Math.max(0, waitMs))
    yield* Effect.raceFirst(sleep, earlier.await)
  })

  return {
    has: (name: string): boolean => watched.has(name),
    /** What the last look at the app left; null: none yet, or it is not watched. */
    memoryOf: (name: string): Memory | null => watched.get(name)?.memory ?? null,
    /** Watches the app from now on. The first look is after its interval, or some time before if there are many. */
    add: (app: PluggedApp): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (watched.has(app.name)) return Effect.void
        const one: Watched = { app, memory: null, dueAt: null, isLookedAt: false }
        const afterMs = (app.watchMs ?? 0) * firstPart(watched.size)
        watched.set(app.name, one)
        return Effect.flatMap(now, (at) => due(one, at + afterMs))
      }),
    run: Effect.raceFirst(Effect.forever(round), Effect.forever(followChange))
  }
}
