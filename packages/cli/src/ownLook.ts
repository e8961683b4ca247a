/** `status` without a daemon, and with `--offline`: the command reads the configuration, and looks by itself. */
import * as ClaimsFlock from "@lastgood/core/claim/ClaimsFlock"
import { daemonOf } from "@lastgood/core/claim/daemonLock"
import type { Config } from "@lastgood/core/config/Config"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { live } from "@lastgood/core/live"
import { hostName } from "@lastgood/reconciler/namedApp"
import { shownAlerts } from "@lastgood/reconciler/reading/alerts"
import { askedStandings, offlineStandings } from "@lastgood/reconciler/reading/standings"
import { type Unconfigured, unconfigured } from "@lastgood/reconciler/reading/unconfigured"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Seen } from "./daemon/seen.ts"
import { appsNamed, configuration, reading } from "./session.ts"

const standings = (config: Config, apps: ReadonlyArray<ConfiguredApp>, now: number, offline: boolean) =>
  offline
    ? offlineStandings(apps, now).pipe(Effect.provide(reading(config)), Effect.provide(ClaimsFlock.layer))
    : askedStandings(apps, now).pipe(Effect.provide(live(config, { readOnly: true })))

const lookWith = Effect.fn("Cli.lookAt")(function* (config: Config, app: Option.Option<string>, offline: boolean) {
  const named = yield* appsNamed(config, app)
  const now = yield* Clock.currentTimeMillis
  const apps = yield* standings(config, named, now, offline)
  return { daemon: yield* daemonOf(config.root), apps }
})

/** Compares the running app, as the runtime reports it, with the log (LAW-16). */
export const lookAt = (app: Option.Option<string>, offline: boolean) =>
  Effect.flatMap(configuration, (config) => lookWith(config, app, offline))

/** An open breaker, for example, stops the upgrades of all apps. */
const hostAlerts = (config: Config) =>
  shownAlerts(hostName, false).pipe(
    Effect.provide(reading(config)),
    Effect.orElseSucceed(() => [])
  )

/** A log that cannot be read is told with the apps. */
const leftApps = (config: Config): Effect.Effect<ReadonlyArray<Unconfigured>> =>
  unconfigured(
    config.root,
    config.apps.map(({ name }) => name)
  ).pipe(
    Effect.provide(reading(config)),
    Effect.orElseSucceed(() => [])
  )

/** The host's alerts, and apps that are not configured, are not asked for with a single app. */
export const run = Effect.fn("Cli.ownLook")(function* (input: {
  readonly app: Option.Option<string>
  readonly offline: boolean
}) {
  // Read once: that of many apps takes longer than the rest.
  const config = yield* configuration
  const { apps, daemon } = yield* lookWith(config, input.app, input.offline)
  const isOne = Option.isSome(input.app)
  const seen: Seen = {
    daemon,
    apps,
    unconfigured: isOne ? [] : yield* leftApps(config),
    alerts: isOne ? [] : yield* hostAlerts(config)
  }
  return seen
})
