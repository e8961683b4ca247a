import { Engine } from "@lastgood/core/engine/Engine"
import { Host } from "@lastgood/core/engine/Observer"
import { live } from "@lastgood/core/live"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Ended } from "../errors.ts"
import { failureText } from "../failure.ts"
import { Json } from "../options.ts"
import { perApp } from "../perApp.ts"
import { everyApp, hostOf } from "../plugged.ts"
import { previewText } from "../render/preview.ts"
import { print, printJson } from "../Screen.ts"
import { configuration, configuredApps, withEnvFile } from "../session.ts"

export const run = Effect.fn("Cli.plan")(function* (input: {
  readonly app: Option.Option<string>
  readonly skipFetch: boolean
}) {
  const config = yield* configuration
  const named = (yield* configuredApps(config, input.app)).map(({ name }) => name)
  const { apps: all } = yield* everyApp(config)
  const host = Effect.succeed(hostOf(config, all))
  const apps = all.filter(({ name }) => named.includes(name))
  const { code, errors, found } = yield* perApp(input.app, apps, ({ app, name }) =>
    Effect.gen(function* () {
      yield* withEnvFile(config, name)
      const request = { _tag: "Upgrade", to: null, trigger: "operator", fetch: !input.skipFetch } as const
      return yield* (yield* Engine).preview(yield* Effect.fromResult(app), request)
    })
  ).pipe(Effect.provideService(Host, host), Effect.provide(live(config, { readOnly: true })))
  if (yield* Json) {
    yield* printJson({ format: 1, plans: found, errors })
  } else {
    yield* print(found.map(previewText).join("\n"))
    yield* Effect.forEach(errors, (e) => Console.error(failureText({ ...e, message: `${e.app}: ${e.message}` })))
  }
  if (code !== 0) return yield* new Ended({ code })
})
