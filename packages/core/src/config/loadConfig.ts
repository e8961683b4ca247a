/** Finds the configuration file, reads it, and looks whether the files that it names for the apps are there. */
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import type { Config } from "./Config.ts"
import { type ConfigInvalid, ConfigMissing, ConfigUnreadable } from "./ConfigError.ts"
import { variable } from "./environment.ts"
import type { Finding } from "./explain.ts"
import { parseConfig } from "./parseConfig.ts"
import type { Place } from "./place.ts"
import { rootFor } from "./root.ts"

/** As given on the command line, relative to the working folder; null: not given. */
export interface ConfigFlags {
  readonly config: string | null
  readonly root: string | null
}

export const systemConfig = "/etc/lastgood/lastgood.yaml"

/**
 * The configuration file: `--config`, $LASTGOOD_CONFIG, ./lastgood.yaml, /etc/lastgood/lastgood.yaml. One that is named
 * must be there: another is never taken in its place.
 *
 * @returns its absolute path.
 */
export const findConfig = Effect.fn("findConfig")(function* (flag: string | null) {
  const fs = yield* FileSystem.FileSystem
  const named = flag ?? (yield* variable("LASTGOOD_CONFIG"))
  const candidates = (named === null ? ["lastgood.yaml", systemConfig] : [named]).map((path) => resolve(path))
  for (const path of candidates) {
    // Not `exists`: what is there and cannot be looked at must be complained about, not passed over.
    const isThere = yield* fs.stat(path).pipe(
      Effect.as(true),
      Effect.catch((error) => Effect.succeed(error.reason._tag !== "NotFound"))
    )
    if (isThere) return path
  }
  return yield* new ConfigMissing({ looked: candidates })
})

const reasonOf = (error: PlatformError): string => {
  switch (error.reason._tag) {
    case "NotFound":
      return "there is no such file"
    case "PermissionDenied":
      return "permission denied"
    default:
      return error.reason.description ?? error.reason._tag
  }
}

const readText = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (reason: string) => new ConfigUnreadable({ file, reason })
  const info = yield* fs.stat(file).pipe(Effect.mapError((error) => unreadable(reasonOf(error))))
  if (info.type === "Directory") return yield* unreadable("it is a folder")
  const bytes = yield* fs.readFile(file).pipe(Effect.mapError((error) => unreadable(reasonOf(error))))
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => unreadable("it is not text in UTF-8")
  })
})

/** An env file that is named is needed: without it the app would start with other settings than it ran with. */
const unreadableEnvFiles = Effect.fnUntraced(function* (config: Config) {
  const fs = yield* FileSystem.FileSystem
  const look = Effect.fnUntraced(function* (path: string) {
    if ((yield* fs.stat(path)).type === "Directory") return "it is a folder"
    yield* fs.access(path, { readable: true })
    return null
  })
  const found = new Map<string, Finding>()
  for (const { envFile, name } of config.apps) {
    if (envFile === null) continue
    const trouble = yield* look(envFile).pipe(Effect.catch((error) => Effect.succeed(reasonOf(error))))
    if (trouble === null) continue
    found.set(name, {
      path: ["apps", name, "env"],
      at: "value",
      text: `\`apps.${name}.env\`: ${envFile} cannot be read: ${trouble}`
    })
  }
  return found
})

/** Reads a file that was found; `findConfig` finds it. */
export const readConfig = Effect.fn("readConfig")(function* (path: string, root: string | null) {
  const file = resolve(path)
  const home = (yield* variable("HOME")) ?? "/root"
  const place: Place = {
    file,
    folder: dirname(file),
    home,
    abraDir: resolve((yield* variable("ABRA_DIR")) ?? join(home, ".abra"))
  }
  const rootOf = yield* rootFor(root)
  const text = yield* readText(file)
  const { config, invalid } = yield* Effect.fromResult(parseConfig(text, place, rootOf))
  const unreadable = [...(yield* unreadableEnvFiles(config))]
  const read: Config = { ...config, unreadableEnv: new Map(unreadable.map(([name, f]) => [name, invalid([f])])) }
  return read
})

export const loadConfig = (
  flags: ConfigFlags
): Effect.Effect<Config, ConfigMissing | ConfigUnreadable | ConfigInvalid, FileSystem.FileSystem> =>
  Effect.flatMap(findConfig(flags.config), (path) => readConfig(path, flags.root))
