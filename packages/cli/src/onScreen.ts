/** Shows the engine's timeline, progress and warnings on the screen. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import { Faults, faultsFromEnv } from "@lastgood/core/engine/Faults"
import { Observer } from "@lastgood/core/engine/Observer"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { Progress } from "@lastgood/core/process/Progress"
import * as Effect from "effect/Effect"
import { Down, follow } from "./Down.ts"
import { daemonLogger } from "./log/daemonLogger.ts"
import { eventLine } from "./log/eventLine.ts"
import type { LogLine } from "./log/LogLine.ts"
import { formFor } from "./log/sayLine.ts"
import { logger } from "./logger.ts"
import { Quiet } from "./options.ts"
import { type liveLine, logLine } from "./render/timeline.ts"
import { makeScreen, StandardError } from "./Screen.ts"

type OnEvent = (app: string, envelope: Envelope, event: Event | UnknownEvent) => void

/** Hears of every recorded event. An event that cannot be shown is in the log all the same. */
const observer =
  (onEvent: OnEvent): Observer =>
  (app, envelope) =>
    decodeEnvelope(envelope).pipe(
      Effect.flatMap((event) => Effect.sync(() => onEvent(app, envelope, event))),
      Effect.ignore
    )

/** With the test faults of the environment. */
const withFaults = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const faults = yield* Effect.orDie(faultsFromEnv)
    return yield* Effect.provideService(work, Faults, faults ?? (yield* Faults))
  })

/** Runs a command with timeline, progress and warnings on the screen. */
export const onScreen =
  ({ line }: { readonly line: typeof liveLine }) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const screen = makeScreen(yield* StandardError, yield* Quiet)
      const down = yield* Down
      const onEvent: OnEvent = (app, envelope, event) => {
        follow(down, app, event)
        screen.note(line(envelope, event))
      }
      return yield* withFaults(work).pipe(
        Effect.provideService(Observer, observer(onEvent)),
        Effect.provideService(Progress, screen.progress),
        Effect.provide(logger(screen))
      )
    })

/**
 * Runs the daemon, or one pass of it, with its log.
 *
 * @param once its results go to standard output.
 * @param hears also hears of every recorded event, and of every line that a program would read.
 */
export const withDaemonLog =
  (
    once: boolean,
    hears: {
      readonly onEvent: (app: string, event: Event | UnknownEvent) => void
      readonly onLine: (line: LogLine) => void
    }
  ) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const quiet = yield* Quiet
      const screen = makeScreen(yield* StandardError, quiet, true)
      const form = yield* formFor(screen, once)
      const down = yield* Down
      const tell: OnEvent = (app, envelope, event) => {
        follow(down, app, event)
        hears.onEvent(app, event)
        const line = eventLine(envelope, event)
        if (line !== null) hears.onLine(line)
        if (form.isForPeople) screen.note(logLine(envelope, event))
        else if (line !== null && !quiet) form.say(line)
      }
      return yield* withFaults(work).pipe(
        Effect.provideService(Observer, observer(tell)),
        Effect.provideService(Progress, screen.progress),
        Effect.provide(daemonLogger(form, hears.onLine))
      )
    })
