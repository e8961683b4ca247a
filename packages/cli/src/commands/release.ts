import { hostName } from "@lastgood/core/domain/hostName"
import { Engine } from "@lastgood/core/engine/Engine"
import { Host } from "@lastgood/core/engine/Observer"
import { withoutAttempt } from "@lastgood/core/engine/report"
import { live } from "@lastgood/core/live"
import { hostApp } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import { act } from "../acting.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { everyApp, hostOf } from "../plugged.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** Closes the breaker of the host. */
const closeBreaker = Effect.fnUntraced(function* (waitMs: number) {
  const config = yield* configuration
  const host = hostApp(config.root)
  const found = Effect.succeed(hostOf(config, (yield* everyApp(config)).apps))
  const report = yield* Effect.gen(function* () {
    const engine = yield* Engine
    if ((yield* engine.breaker) === null) {
      return withoutAttempt(hostName, yield* engine.state(host), { outcome: "nothing", why: "the breaker is closed" })
    }
    yield* engine.note(host, { _tag: "BreakerReset" }, null, waitMs)
    return withoutAttempt(hostName, yield* engine.state(host), { outcome: "recorded" })
  }).pipe(
    Effect.provideService(Host, found),
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  if (yield* Json) return yield* printJson({ format: 1, ...report })
  const done = "the breaker is closed: automatic upgrades go on"
  yield* print(`${hostName}: ${report.outcome === "nothing" ? `nothing to do: ${report.why}` : done}`)
})

export const run = Effect.fn("Cli.release")(function* (input: { readonly app: string; readonly wait: number }) {
  yield* input.app === hostName ? closeBreaker(input.wait) : act(input.app, { _tag: "Release" }, input.wait)
})
