/** Records an operator's decision about an app, by the same way as the commands do. */
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor } from "@lastgood/core/engine/Observer"
import type { Report, Word } from "@lastgood/core/engine/Request"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import { acknowledge } from "../acknowledge.ts"
import type { Tagged } from "../failureOf.ts"
import { hostApp, hostName } from "../namedApp.ts"
import { Api, actor, claimWaitMs } from "./api/Api.ts"
import { configuredApp, usableApp } from "./apps.ts"
import { orRefused } from "./asProblem.ts"
import { Serving } from "./Daemon.ts"

export const shownReport = ({ tried: _, ...report }: Report) => ({ format: 1 as const, result: report })

export const WordsLive = HttpApiBuilder.group(
  Api,
  "words",
  Effect.fnUntraced(function* (handlers) {
    const { daemon } = yield* Serving
    const scope = yield* Effect.scope
    const fresh = Layer.fresh(daemon.writing)

    /** Goes on if the client has gone: it may have begun to finish an attempt in flight. */
    const finished = <A, E extends Tagged>(work: Effect.Effect<A, E, Layer.Success<typeof fresh>>) =>
      work.pipe(
        Effect.provide(fresh),
        // Outermost: the engine keeps what it was built with.
        Effect.provideService(Actor, actor),
        Effect.forkIn(scope),
        Effect.flatMap(Fiber.join)
      )

    const say = (name: string, word: Word) =>
      Effect.gen(function* () {
        const app = yield* usableApp(daemon, name)
        return shownReport(yield* finished(Effect.flatMap(Engine, (engine) => engine.run(app, word, claimWaitMs))))
      }).pipe(orRefused)

    /** Also for alerts without an app, and of an app that is not usable. */
    const seen = (name: string, alert: string | null) =>
      Effect.gen(function* () {
        const app = name === hostName ? hostApp(daemon.root) : yield* configuredApp(daemon, name)
        return shownReport((yield* finished(acknowledge(app, alert, claimWaitMs))).report)
      }).pipe(orRefused)

    return handlers
      .handle("hold", ({ params, payload: { forSeconds, reason } }) =>
        say(params.app, { _tag: "Hold", reason, forMs: forSeconds === undefined ? null : forSeconds * 1000 })
      )
      .handle("release", ({ params }) => say(params.app, { _tag: "Release" }))
      .handle("retry", ({ params, payload }) => say(params.app, { _tag: "Retry", version: payload.version ?? null }))
      .handle("acknowledge", ({ params, payload }) => seen(params.app, payload.alert))
  })
)
