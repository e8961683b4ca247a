import * as ClaimsFlock from "@lastgood/core/claim/ClaimsFlock"
import { daemonOf } from "@lastgood/core/claim/daemonLock"
import type { Config } from "@lastgood/core/config/Config"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { streamOf } from "@lastgood/core/engine/Journal"
import { live } from "@lastgood/core/live"
import { EventStore } from "@lastgood/core/log/EventStore"
import { hostName } from "@lastgood/reconciler/namedApp"
import { shownAlerts } from "@lastgood/reconciler/reading/alerts"
import { askedStandings, isUnanswered, offlineStandings } from "@lastgood/reconciler/reading/standings"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { Json } from "../options.ts"
import { hostText, statusText, watchedText } from "../render/status.ts"
import { Columns, print, printJson } from "../Screen.ts"
import { appsNamed, configuration, reading } from "../session.ts"

const standings = (config: Config, apps: ReadonlyArray<ConfiguredApp>, now: number, offline: boolean) =>
  offline
    ? offlineStandings(apps, now).pipe(Effect.provide(reading(config)), Effect.provide(ClaimsFlock.layer))
    : askedStandings(apps, now).pipe(Effect.provide(live(config, { readOnly: true })))

/** Compares the running app, as the runtime reports it, with the log (LAW-16). */
export const lookAt = Effect.fn("Cli.lookAt")(function* (app: Option.Option<string>, offline: boolean) {
  const config = yield* configuration
  const named = yield* appsNamed(config, app)
  const now = yield* Clock.currentTimeMillis
  const apps = yield* standings(config, named, now, offline)
  return { daemon: yield* daemonOf(config.root), apps }
})

/** An open breaker, for example, stops the upgrades of all apps. */
const hostAlerts = (config: Config) =>
  Effect.flatMap(EventStore, (store) => store.read(streamOf(hostName))).pipe(
    Effect.flatMap((events) => shownAlerts(hostName, events, false)),
    Effect.provide(reading(config)),
    Effect.orElseSucceed(() => [])
  )

/** With `--offline`, shows the log alone. */
export const run = Effect.fn("Cli.status")(function* (input: {
  readonly app: Option.Option<string>
  readonly offline: boolean
}) {
  const { apps, daemon } = yield* lookAt(input.app, input.offline)
  if (yield* Json) yield* printJson({ format: 1, daemon, apps })
  else {
    const alerts = Option.isSome(input.app) ? [] : yield* hostAlerts(yield* configuration)
    yield* print([statusText(apps, yield* Columns), ...hostText(alerts), watchedText(daemon)].join("\n"))
  }
  if (!input.offline && apps.some(isUnanswered)) return yield* new Ended({ code: ExitCode.error })
})
