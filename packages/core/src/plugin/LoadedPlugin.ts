/** A plugin whose shape has been checked: what is known of code that others wrote. Its functions are not trusted. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { GlobsByVolume } from "../config/AppFile.ts"
import { explain, parseOptions } from "../config/explain.ts"
import { line } from "../config/text.ts"
import type { PluginApp } from "./definePlugin.ts"
import type { StandardSchema } from "./StandardSchema.ts"

const isFunction = (value: unknown): value is (app: PluginApp<unknown>) => unknown => typeof value === "function"

const isStandardSchema = (value: unknown): value is StandardSchema<unknown> => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false
  if (!("~standard" in value)) return false
  const standard = value["~standard"]
  return typeof standard === "object" && standard !== null && "validate" in standard && isFunction(standard.validate)
}

const PluginShape = Schema.Struct({
  recipe: line({ expected: "the name of a recipe, such as `keycloak`", description: "The recipe that it is for." }),
  settings: Schema.optionalKey(
    Schema.declare(isStandardSchema, {
      expected: "a Standard Schema (of zod, valibot, or Effect's `Schema.toStandardSchemaV1(…)`)"
    })
  ),
  health: Schema.optionalKey(Schema.declare(isFunction, { expected: "a function from an app to a list of checks" })),
  volumes: Schema.optionalKey(
    Schema.Struct({
      include: Schema.optionalKey(GlobsByVolume("Only these paths are data.")),
      exclude: Schema.optionalKey(GlobsByVolume("These paths are not data."))
    }).annotate({ expected: "`{ include, exclude }`, each with globs by volume" })
  )
}).annotate({ expected: "a plugin: an object with `recipe` and, for example, `health`" })

export interface LoadedPlugin {
  /** As written in the configuration; the recipe's name for a built-in one. */
  readonly entry: string
  /** Absolute path; null: built in. */
  readonly file: string | null
  readonly shape: typeof PluginShape.Type
}

const decode = Schema.decodeUnknownResult(PluginShape)

/** @returns the failure says what is wrong with the value, in words. */
export const toLoadedPlugin = (
  entry: string,
  file: string | null,
  value: unknown
): Result.Result<LoadedPlugin, string> =>
  Result.mapBoth(decode(value, parseOptions), {
    onSuccess: (shape) => ({ entry, file, shape }),
    onFailure: ({ issue }) =>
      explain(issue)
        .map(({ text }) => text)
        .join("; ")
  })
