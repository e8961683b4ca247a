/** A plugin whose shape was checked. Its functions are not trusted. */
import * as Record from "effect/Record"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { GlobsByVolume } from "../config/SettingsFile.ts"
import { performed } from "../domain/Plan.ts"
import { positiveDuration } from "../yaml/duration.ts"
import { explain, parseOptions } from "../yaml/explain.ts"
import { line, text } from "../yaml/text.ts"
import type { PluginApp } from "./definePlugin.ts"
import { inLastgood, type PluginCode } from "./PluginCode.ts"
import { isStandardSchema } from "./StandardSchema.ts"

/** A gate's or a hook's function. Its argument depends on which it is. */
export type Code = (told: object) => unknown

const isFunction = (value: unknown): value is (app: PluginApp<unknown>) => unknown => typeof value === "function"
const isCode = (value: unknown): value is Code => typeof value === "function"

const longestMs = 600_000

/** A function, or a function with its own timeout. */
const code = (expected: string) =>
  Schema.Union([
    Schema.declare(isCode, { expected }),
    Schema.Struct({
      run: Schema.declare(isCode, { expected }),
      timeout: positiveDuration("The time limit of a call.").pipe(
        Schema.check(Schema.isLessThanOrEqualTo(longestMs, { expected: "at most `10m`" }))
      )
    })
  ]).annotate({ expected: `${expected}, or \`{ run, timeout }\`` })

const hook = code("a function of the hook's context")
const stepHooks = Schema.Struct(Record.map(performed, () => Schema.optionalKey(hook))).annotate({
  expected: `functions by step (${Object.keys(performed).join(", ")})`
})

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
  ),
  gates: Schema.optionalKey(
    Schema.Record(
      text({
        pattern: /^[a-z0-9][a-z0-9-]{0,62}$/u,
        expected: "a gate's name: a-z, 0-9 and dash",
        description: "Shown by plan and in the log."
      }),
      code("a function that may refuse an upgrade")
    ).annotate({ expected: "functions by name" })
  ),
  hooks: Schema.optionalKey(
    Schema.Struct({ before: Schema.optionalKey(stepHooks), after: Schema.optionalKey(stepHooks) }).annotate({
      expected: "`{ before, after }`, each with functions by step"
    })
  )
}).annotate({ expected: "a plugin: an object with `recipe` and, for example, `health`" })

export interface LoadedPlugin {
  /** As written in the configuration; the recipe's name for a built-in one. */
  readonly entry: string
  /** Absolute path; null: built in. */
  readonly file: string | null
  readonly shape: typeof PluginShape.Type
  readonly code: PluginCode
}

const decode = Schema.decodeUnknownResult(PluginShape)

/**
 * @param value the default export of the plugin's module, or a stand-in for it.
 * @param code calls the plugin's schema and its list of checks.
 * @returns the failure is a text that names the problem of the value.
 */
export const toLoadedPlugin = (
  entry: string,
  file: string | null,
  value: unknown,
  code: PluginCode = inLastgood
): Result.Result<LoadedPlugin, string> =>
  Result.mapBoth(decode(value, parseOptions), {
    onSuccess: (shape) => ({ entry, file, shape, code }),
    onFailure: ({ issue }) =>
      explain(issue)
        .map(({ text }) => text)
        .join("; ")
  })
