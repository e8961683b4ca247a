/** Shows the engine's timeline, progress and warnings on the screen. */
import { Faults, faultsFromEnv } from "@lastgood/core/engine/Faults"
import { Observer } from "@lastgood/core/engine/Observer"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { Progress } from "@lastgood/core/process/Progress"
import * as Effect from "effect/Effect"
import { Down, follow } from "./Down.ts"
import { logger } from "./logger.ts"
import { Quiet } from "./options.ts"
import type { liveLine } from "./render/timeline.ts"
import { makeScreen, type Screen, StandardError } from "./Screen.ts"

/** Prints one line per recorded event. An event that cannot be shown is in the log all the same. */
const timelineOn =
  (screen: Screen, line: typeof liveLine, down: Map<string, string>): Observer =>
  (app, envelope) =>
    decodeEnvelope(envelope).pipe(
      Effect.flatMap((event) =>
        Effect.sync(() => {
          follow(down, app, event)
          screen.note(line(envelope, event))
        })
      ),
      Effect.ignore
    )

/** Runs an effect with timeline, progress and warnings on the screen, and with the test faults of the environment. */
export const onScreen =
  (options: { readonly line: typeof liveLine; readonly daemon: boolean }) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const screen = makeScreen(yield* StandardError, yield* Quiet)
      const faults = yield* Effect.orDie(faultsFromEnv)
      return yield* work.pipe(
        Effect.provideService(Observer, timelineOn(screen, options.line, yield* Down)),
        Effect.provideService(Progress, screen.progress),
        Effect.provideService(Faults, faults ?? (yield* Faults)),
        Effect.provide(logger(screen, options.daemon))
      )
    })
