/** Reads as much of the configuration as possible, because a report may be about an invalid one. */
import { dirname } from "node:path"
import type { Config } from "@lastgood/core/config/Config"
import { findConfig } from "@lastgood/core/config/findConfig"
import { absolute, type ConfigPlace } from "@lastgood/core/config/place"
import { resolveRoot } from "@lastgood/core/config/root"
import { assertOwn } from "@lastgood/core/config/Untrusted"
import { readSmallText } from "@lastgood/core/disk/readSmallFile"
import { homeFolder } from "@lastgood/core/process/variable"
import { abraFolder } from "@lastgood/core/runtime/abraFolder"
import { parseSource } from "@lastgood/core/yaml/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { endOfError, type Failure, type Tagged } from "../failure.ts"
import { ConfigFile, Root } from "../options.ts"
import { configuration } from "../session.ts"

export interface Configured {
  /** null: none was found. */
  readonly file: string | null
  /** null: it cannot be read. */
  readonly text: string | null
  /** The value of the YAML; undefined: it is not YAML. */
  readonly value: unknown
  /** The decoded configuration, or its error. */
  readonly config: Result.Result<Config, Failure>
  /** The env files that the file names, even if it is invalid otherwise. */
  readonly envFiles: ReadonlyArray<string>
  /** The folder of the log. */
  readonly root: string
}

const failureOf = (error: Tagged): Failure => endOfError(error).failure

/** The root in the file, even if the file is invalid otherwise. */
const rootIn = Effect.fnUntraced(function* (place: ConfigPlace, value: unknown) {
  const written = Predicate.hasProperty(value, "root") && typeof value.root === "string" ? value.root : null
  return yield* resolveRoot(Option.getOrNull(yield* Root), written === null ? null : absolute(place, written))
})

const envFilesIn = (place: ConfigPlace, value: unknown): ReadonlyArray<string> => {
  const apps = Predicate.hasProperty(value, "apps") && Predicate.isObject(value.apps) ? Object.values(value.apps) : []
  return apps.flatMap((app: unknown) =>
    Predicate.hasProperty(app, "env") && typeof app.env === "string" ? [absolute(place, app.env)] : []
  )
}

export const configured = Effect.gen(function* () {
  const config = Result.mapError(yield* Effect.result(configuration), failureOf)
  const file = Option.getOrNull(yield* Effect.option(findConfig(Option.getOrNull(yield* ConfigFile))))
  // LAW-17: a file that another user could have written is not read here either.
  const text =
    file === null
      ? null
      : yield* assertOwn("the configuration", file).pipe(
          Effect.andThen(readSmallText(file)),
          Effect.orElseSucceed(() => null)
        )
  const value =
    text === null
      ? undefined
      : Result.getOrElse(
          Result.map(parseSource(text), (s) => s.value),
          () => undefined
        )
  const home = yield* homeFolder
  const place = { file: file ?? "", folder: dirname(file ?? "."), home, abraDir: abraFolder(null, home) }
  const root = Result.isSuccess(config) ? config.success.root : yield* rootIn(place, value)
  const found: Configured = { file, text, value, config, envFiles: envFilesIn(place, value), root }
  return found
})
