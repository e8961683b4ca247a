import { Claims } from "@lastgood/core/claim/Claims"
import * as ClaimsFlock from "@lastgood/core/claim/ClaimsFlock"
import { statusOf } from "@lastgood/core/domain/status"
import { Journal } from "@lastgood/core/engine/Journal"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Json } from "../options.ts"
import { statusText } from "../render/status.ts"
import { print, printJson } from "../Screen.ts"
import { appsNamed, configuration, reading } from "../session.ts"

/** From the log alone, and who holds the claim: quick, and true also where the runtime is down. */
export const run = Effect.fn("status")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const named = yield* appsNamed(config, input.app)
  const now = yield* Clock.currentTimeMillis
  const apps = yield* Effect.forEach(named, (app) =>
    Effect.gen(function* () {
      const state = yield* (yield* Journal).load(app.name)
      const holder = yield* (yield* Claims).holder(app).pipe(Effect.orElseSucceed(() => null))
      return { ...statusOf(app.name, state, now), workedOnBy: holder?.who ?? null }
    })
  ).pipe(Effect.provide(reading(config)), Effect.provide(ClaimsFlock.layer))
  yield* (yield* Json) ? printJson({ format: 1, apps }) : print(statusText(apps))
})
