import { hostName } from "@lastgood/core/domain/hostName"
import { nothingOf } from "@lastgood/core/engine/dryRun"
import { Engine } from "@lastgood/core/engine/Engine"
import { Host } from "@lastgood/core/engine/Observer"
import { live } from "@lastgood/core/live"
import { closeBreaker } from "@lastgood/reconciler/closeBreaker"
import { hostApp } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import { act } from "../acting.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { everyApp, hostOf } from "../plugged.ts"
import { unchanged } from "../render/dryRun.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** What closing the breaker would do. */
const showHost = Effect.gen(function* () {
  const config = yield* configuration
  const found = Effect.succeed(hostOf(config, (yield* everyApp(config)).apps))
  const breaker = yield* Engine.use((engine) => engine.breaker).pipe(
    Effect.provideService(Host, found),
    Effect.provide(live(config, { readOnly: true }))
  )
  const action = breaker === null ? "nothing" : "record"
  const why = breaker === null ? "the breaker is closed" : "would close the breaker"
  if (yield* Json) return yield* printJson({ format: 1, dryRun: true, ...nothingOf(hostName, null), action, why })
  yield* print(`${hostName}: ${why}\n${unchanged}`)
})

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

export const run = Effect.fn("Cli.release")(function* (input: {
  readonly app: string
  readonly dryRun: boolean
  readonly wait: number
}) {
  if (input.app !== hostName) return yield* act(input.app, { _tag: "Release" }, input.wait, input.dryRun)
  yield* input.dryRun ? showHost : onHost(input.wait)
})
