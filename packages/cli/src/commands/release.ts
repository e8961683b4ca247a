import { hostName } from "@lastgood/core/domain/hostName"
import { Host } from "@lastgood/core/engine/Observer"
import { live } from "@lastgood/core/live"
import { closeBreaker } from "@lastgood/reconciler/closeBreaker"
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
const onHost = Effect.fnUntraced(function* (waitMs: number) {
  const config = yield* configuration
  const host = hostApp(config.root)
  const found = Effect.succeed(hostOf(config, (yield* everyApp(config)).apps))
  const report = yield* closeBreaker(host, waitMs).pipe(
    Effect.provideService(Host, found),
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  if (yield* Json) return yield* printJson({ format: 1, ...report })
  const done = "the breaker is closed: automatic upgrades go on"
  yield* print(`${hostName}: ${report.outcome === "nothing" ? `nothing to do: ${report.why}` : done}`)
})

export const run = Effect.fn("Cli.release")(function* (input: { readonly app: string; readonly wait: number }) {
  yield* input.app === hostName ? onHost(input.wait) : act(input.app, { _tag: "Release" }, input.wait)
})
