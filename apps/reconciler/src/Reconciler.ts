/**
 * The daemon's loop: for ever, over all apps, each on its own interval or schedule, at most `concurrency` at a time.
 * It is the same engine as `lastgood upgrade`. Interrupting it (SIGTERM) lets a step that keeps an app down finish, up
 * to the deploy; whatever is left goes on from the log at the next start.
 */
import type { App } from "@lastgood/core/domain/App"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { isInFlight, type PassResult, pass, settled, type World } from "./pass.ts"
import { millisToNext } from "./schedule.ts"

export interface Options {
  readonly world: World
  readonly apps: ReadonlyArray<App>
  /** How many apps are worked on at the same time. */
  readonly concurrency: number
  /** Ask the recipes' remotes for newer versions. */
  readonly fetch: boolean
}

const tell = (result: PassResult): Effect.Effect<void> => {
  const text = `${result.app}: ${result.outcome}${result.why === "" ? "" : `: ${result.why}`}${result.next === "" ? "" : ` (next: ${result.next})`}`
  switch (result.outcome) {
    case "nothing":
    case "skipped":
      return Effect.logDebug(text)
    case "committed":
    case "done":
    case "recorded":
    case "refused":
      return Effect.logInfo(text)
    default:
      return Effect.logError(text)
  }
}

/** Those first whose attempt is in flight: they may be down, and wait for no other app's upgrade. */
const mostUrgentFirst = Effect.fnUntraced(function* ({ apps, world }: Options) {
  const begun = yield* Effect.filter(apps, (app) => isInFlight(world, app))
  return [...begun, ...apps.filter((app) => !begun.includes(app))]
})

/** One pass over every app, now, whatever their schedules say. */
export const reconcileOnce = Effect.fn("reconcileOnce")(function* (options: Options) {
  return yield* Effect.forEach(
    yield* mostUrgentFirst(options),
    (app) => pass(options.world, app, { upgrade: true, fetch: options.fetch }).pipe(Effect.tap(tell)),
    { concurrency: options.concurrency }
  )
})

/** Never ends by itself. */
export const reconcile = Effect.fn("reconcile")(function* (options: Options) {
  const turns = yield* Semaphore.make(options.concurrency)
  yield* Effect.logInfo(`lastgood watches ${options.apps.map((a) => a.name).join(", ") || "no apps"}`)

  const watch = Effect.fnUntraced(function* (app: App) {
    // A schedule says when to upgrade; finishing what was begun does not wait for it.
    const { schedule } = yield* settled(options.world, app)
    yield* turns
      .withPermits(1)(pass(options.world, app, { upgrade: schedule === null, fetch: options.fetch }))
      .pipe(Effect.flatMap(tell))
    while (true) {
      // Each version of the recipe may say anew when to look.
      const wait = millisToNext(yield* settled(options.world, app), yield* Clock.currentTimeMillis)
      yield* Effect.sleep(wait)
      yield* turns
        .withPermits(1)(pass(options.world, app, { upgrade: true, fetch: options.fetch }))
        .pipe(Effect.flatMap(tell))
    }
  })

  return yield* Effect.forEach(yield* mostUrgentFirst(options), watch, {
    concurrency: "unbounded",
    discard: true
  }).pipe(Effect.andThen(Effect.never))
})
