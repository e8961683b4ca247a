/** Finds the configuration file. */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { variable } from "../process/variable.ts"
import { ConfigMissing } from "./ConfigError.ts"

export const systemConfig = "/etc/lastgood/lastgood.yaml"

/**
 * The configuration file: `--config`, $LASTGOOD_CONFIG, ./lastgood.yaml, /etc/lastgood/lastgood.yaml. A named file must
 * exist: lastgood never uses another one in its place.
 *
 * @returns its absolute path.
 */
export const findConfig = Effect.fn("Config.find")(function* (flag: string | null) {
  const fs = yield* FileSystem.FileSystem
  const named = flag ?? (yield* variable("LASTGOOD_CONFIG"))
  const candidates = (named === null ? ["lastgood.yaml", systemConfig] : [named]).map((path) => resolve(path))
  for (const path of candidates) {
    // Not `exists`: a file that exists but cannot be read must be an error.
    const isThere = yield* fs.stat(path).pipe(
      Effect.as(true),
      Effect.catch((error) => Effect.succeed(error.reason._tag !== "NotFound"))
    )
    if (isThere) return path
  }
  return yield* new ConfigMissing({ looked: candidates })
})

/** Several thousand apps with many settings each. */
export const configBytes = 4 * 1024 * 1024
