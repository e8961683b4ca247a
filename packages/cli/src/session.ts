/** The inputs of a command: the configuration, the named app, the log. */
import type { Config } from "@lastgood/core/config/Config"
import type { ConfigInvalid } from "@lastgood/core/config/ConfigError"
import { loadConfig } from "@lastgood/core/config/loadConfig"
import { assertOwnRoot } from "@lastgood/core/config/ownFolders"
import { resolveRoot } from "@lastgood/core/config/root"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import * as SavedStates from "@lastgood/core/engine/SavedStates"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { UnknownApp } from "./errors.ts"
import { ConfigFile, Root } from "./options.ts"

/** Reads the configuration that the flags and the environment name. */
export const configuration = Effect.gen(function* () {
  const config = Option.getOrNull(yield* ConfigFile)
  const root = Option.getOrNull(yield* Root)
  return yield* loadConfig({ config, root })
})

/** The folder of the log. `--root` works without a configuration, because after a disaster there may be none yet. */
export const rootFolder = Effect.gen(function* () {
  const named = Option.getOrNull(yield* Root)
  if (named === null) return (yield* configuration).root
  const root = yield* resolveRoot(named, null)
  yield* assertOwnRoot(root)
  return root
})

export const appNamed = (config: Config, name: string): Effect.Effect<ConfiguredApp, UnknownApp> => {
  const app = config.apps.find((a) => a.name === name)
  return app === undefined
    ? Effect.fail(new UnknownApp({ app: name, known: config.apps.map((a) => a.name), file: config.file }))
    : Effect.succeed(app)
}

/** A new deploy of the app needs its env file. */
export const withEnvFile = (config: Config, name: string): Effect.Effect<void, ConfigInvalid> => {
  const unreadable = config.unreadableEnv.get(name)
  return unreadable === undefined ? Effect.void : Effect.fail(unreadable)
}

/** The named app, or all, usable or not. */
export const configuredApps = (
  config: Config,
  name: Option.Option<string>
): Effect.Effect<ReadonlyArray<ConfiguredApp>, UnknownApp> =>
  Option.match(name, {
    onNone: () => Effect.succeed(config.apps),
    onSome: (one) => Effect.map(appNamed(config, one), (app) => [app])
  })

/** The named app, or all. Fails if the folder of one is not lastgood's own (LAW-17). */
export const appsNamed = Effect.fnUntraced(function* (config: Config, name: Option.Option<string>) {
  const apps = yield* configuredApps(config, name)
  const strange = apps.map((app) => config.strangeFolders.get(app.name)).find((trouble) => trouble !== undefined)
  return strange === undefined ? apps : yield* strange
})

/** Opens the log alone, read-only: asks no runtime, creates nothing. A missing log is empty. */
export const reading = (config: Config) =>
  Journal.layer.pipe(
    Layer.provideMerge(EventStoreSqlite.layerReadOnly({ path: logFile(config.root) })),
    Layer.provide([SavedStates.layerBeside(logFile(config.root)), layerWebCrypto])
  )
