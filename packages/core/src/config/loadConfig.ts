/** Finds and reads the configuration file, and checks the files that it names for the apps. */
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import { faultOf, faultText, personOf, remedyFor } from "../disk/ownership.ts"
import { readSmallText, smallFileBytes } from "../disk/readSmallFile.ts"
import type { App } from "../domain/App.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import type { Address } from "../notify/addresses.ts"
import { homeFolder, variable } from "../process/variable.ts"
import { abraFolder } from "../runtime/abraFolder.ts"
import type { Finding } from "../yaml/explain.ts"
import type { Config } from "./Config.ts"
import { type ConfigInvalid, type ConfigMissing, ConfigUnreadable } from "./ConfigError.ts"
import { configBytes, findConfig } from "./findConfig.ts"
import { readNotifyFile } from "./NotifyFile.ts"
import { assertOwnRoot, troubleWithFolder } from "./ownFolders.ts"
import { type ParsedConfig, parseConfig } from "./parseConfig.ts"
import type { ConfigPlace } from "./place.ts"
import { rootFor } from "./root.ts"
import { assertOwn, type Untrusted } from "./Untrusted.ts"

/** As given on the command line, relative to the working folder; null: not given. */
export interface ConfigFlags {
  readonly config: string | null
  readonly root: string | null
}

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
  yield* fs.access(file, { readable: true }).pipe(Effect.mapError((error) => unreadable(reasonOf(error))))
  return yield* readSmallText(file, { maxBytes: configBytes }).pipe(
    Effect.mapError((error) => unreadable(error.message))
  )
})

const kinds: Readonly<Partial<Record<FileSystem.File.Type, string>>> = {
  Directory: "a folder",
  FIFO: "a pipe",
  Socket: "a socket",
  CharacterDevice: "a device",
  BlockDevice: "a device"
}

/** A named env file must be readable: without it the app would start with different settings. */
const unreadableEnvFiles = Effect.fnUntraced(function* (config: Config) {
  const fs = yield* FileSystem.FileSystem
  const look = Effect.fnUntraced(function* (path: string, folder: string | null) {
    const { size, type } = yield* fs.stat(path)
    const fault = faultOf(path, personOf(folder))
    if (fault !== null) return `${faultText(fault)} (${remedyFor(fault)})`
    if (type !== "File") return `it is ${kinds[type] ?? "not a file"}`
    if (size > smallFileBytes) return `it is larger than ${smallFileBytes / 1024} KiB`
    yield* fs.access(path, { readable: true })
    return null
  })
  const found = new Map<string, Finding>()
  for (const { envFile, folder, name } of config.apps) {
    if (envFile === null) continue
    const trouble = yield* look(envFile, folder).pipe(Effect.catch((error) => Effect.succeed(reasonOf(error))))
    if (trouble === null) continue
    found.set(name, {
      path: ["apps", name, "env"],
      at: "value",
      text: `\`apps.${name}.env\`: ${envFile} cannot be read: ${trouble}`
    })
  }
  return found
})

/**
 * The env file of an abra app without `env:` is abra's own: `servers/<server>/<domain>.env`. If two servers have one,
 * lastgood uses none, and the runtime refuses the app.
 */
const abrasEnvFiles = Effect.fnUntraced(function* (config: Config, place: ConfigPlace) {
  const isOpen = (app: App) => traitsOf(app).catalog === "abra" && app.envFile === null
  if (!config.apps.some(isOpen)) return config
  const fs = yield* FileSystem.FileSystem
  const servers = join(place.abraDir, "servers")
  const names = yield* fs.readDirectory(servers).pipe(Effect.catch(() => Effect.succeed([])))
  const apps = yield* Effect.forEach(config.apps, (app) =>
    Effect.gen(function* () {
      if (!isOpen(app)) return app
      const files = names.map((server) => join(servers, server, `${app.domain}.env`))
      const found = yield* Effect.filter(files, (file) => fs.exists(file).pipe(Effect.orElseSucceed(() => false)))
      return found.length === 1 ? { ...app, envFile: found[0] ?? null } : app
    })
  )
  return { ...config, apps }
})

/** Of an app with a folder of its own that names no env file, the folder's `.env` is it, as for docker compose. */
const foldersEnvFiles = Effect.fnUntraced(function* (config: Config) {
  const fs = yield* FileSystem.FileSystem
  const apps = yield* Effect.forEach(config.apps, (app) =>
    Effect.gen(function* () {
      if (app.folder === null || app.envFile !== null) return app
      const file = join(app.folder, ".env")
      const isThere = yield* fs.exists(file).pipe(Effect.orElseSucceed(() => false))
      return isThere ? { ...app, envFile: file } : app
    })
  )
  return { ...config, apps }
})

/** The sinks of the files under `notify`. A file that cannot be used is a problem of the configuration. */
const sinksInFiles = Effect.fnUntraced(function* ({ notifyFiles }: Config, invalid: ParsedConfig["invalid"]) {
  const found: Array<Address> = []
  for (const { index, path } of notifyFiles) {
    const at = (text: string) =>
      invalid([{ path: ["notify", index, "file"], at: "value", text: `\`notify[${index}].file\`: ${text}` }])
    yield* assertOwn("the file under notify", path)
    const content = yield* Effect.mapError(readSmallText(path), ({ message }) =>
      at(`${path} cannot be read: ${message}`)
    )
    for (const read of readNotifyFile(content)) {
      if (Result.isFailure(read)) return yield* at(`${path}:${read.failure.line}: ${read.failure.problem}`)
      found.push(...read.success)
    }
  }
  return found
})

const strangeFoldersOf = ({ apps }: Config): Config["strangeFolders"] =>
  new Map(
    apps.flatMap((app) => {
      const trouble = troubleWithFolder(app, true)
      return trouble === null ? [] : [[app.name, trouble] as const]
    })
  )

/** Reads a file that `findConfig` found. */
export const readConfig = Effect.fn("Config.read")(function* (path: string, root: string | null) {
  const file = resolve(path)
  const home = yield* homeFolder
  const place: ConfigPlace = {
    file,
    folder: dirname(file),
    home,
    abraDir: abraFolder(yield* variable("ABRA_DIR"), home)
  }
  const rootOf = yield* rootFor(root)
  yield* assertOwn("the configuration", file)
  const text = yield* readText(file)
  const { config: parsed, invalid } = yield* Effect.fromResult(parseConfig(text, place, rootOf))
  const config = yield* foldersEnvFiles(yield* abrasEnvFiles(parsed, place))
  const unreadable = [...(yield* unreadableEnvFiles(config))]
  yield* assertOwnRoot(config.root)
  const read: Config = {
    ...config,
    notify: [...config.notify, ...(yield* sinksInFiles(config, invalid))],
    unreadableEnv: new Map(unreadable.map(([name, f]) => [name, invalid([f])])),
    strangeFolders: strangeFoldersOf(config)
  }
  return read
})

export const loadConfig = (
  flags: ConfigFlags
): Effect.Effect<Config, ConfigMissing | ConfigUnreadable | ConfigInvalid | Untrusted, FileSystem.FileSystem> =>
  Effect.flatMap(findConfig(flags.config), (path) => readConfig(path, flags.root))
