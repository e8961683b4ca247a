import { resolve } from "node:path"
import type { EffectiveApp } from "@lastgood/core/domain/App"
import { withoutLabels } from "@lastgood/core/engine/effective"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import * as HealthGateLive from "@lastgood/core/health/HealthGateLive"
import { applyPlugin } from "@lastgood/core/plugin/applyPlugins"
import type { LoadedPlugin } from "@lastgood/core/plugin/LoadedPlugin"
import { loadPlugins } from "@lastgood/core/plugin/loadPlugins"
import { isPath } from "@lastgood/core/plugin/resolvePlugin"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as RuntimesLive from "@lastgood/core/runtime/RuntimesLive"
import { builtIns } from "@lastgood/plugins/builtIns"
import { contract } from "@lastgood/plugins/contract"
import { exampleApp } from "@lastgood/plugins/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Finding, fail, lineOf, ok, orFail } from "../../doctor/Finding.ts"
import { strayFindings } from "../../doctor/settings.ts"
import { BadUsage, Ended } from "../../errors.ts"
import { ExitCode } from "../../exitCode.ts"
import { Json } from "../../options.ts"
import { print, printJson } from "../../Screen.ts"
import { appNamed, configuration } from "../../session.ts"

/** Loads the plugin alone, from the working folder. */
const load = Effect.fnUntraced(function* (given: string) {
  const entry = isPath(given) ? resolve(given) : given
  const config = { file: resolve("lastgood.yaml"), plugins: [], namedPlugins: new Map([["it", entry]]), apps: [] }
  const plugins = yield* loadPlugins(config, builtIns)
  const plugin = yield* Effect.fromResult(plugins.of({ ...exampleApp("it"), name: "it" }))
  return plugin ?? (yield* Effect.die(new Error(`${entry} was not loaded`)))
})

const settingsOf = (json: Option.Option<string>) =>
  Option.match(json, {
    onNone: () => Effect.succeed(undefined),
    onSome: (text) =>
      Effect.try({
        try: () => ({ values: JSON.parse(text) as Readonly<Record<string, unknown>>, at: "--settings" }),
        catch: () =>
          new BadUsage({ reason: "--settings is not JSON", next: `write it as JSON: --settings '{"service":"app"}'` })
      })
  })

/** An example app with the settings of the command line. */
const example = Effect.fnUntraced(function* (plugin: LoadedPlugin, json: Option.Option<string>) {
  const app = applyPlugin(exampleApp(plugin.shape.recipe), yield* settingsOf(json), plugin)
  const how = Option.isNone(json) ? "give them" : "correct them"
  const next = `${how}: lastgood plugin test ${plugin.entry} --settings '{…}', or --app <an app that has them>`
  return yield* Effect.catchTag(app, "SettingsInvalid", ({ problems }) => {
    const what = Option.isNone(json) ? "needs settings" : "does not accept these settings"
    return Effect.fail(new BadUsage({ reason: `the plugin ${plugin.entry} ${what}: ${problems.join("; ")}`, next }))
  })
})

/** The named app with its settings, or an example app. */
const subject = Effect.fnUntraced(function* (
  plugin: LoadedPlugin,
  name: Option.Option<string>,
  json: Option.Option<string>
) {
  if (Option.isNone(name)) return yield* example(plugin, json)
  const config = yield* configuration
  const app = yield* appNamed(config, name.value)
  // The plugin's own checks, not those of the configuration, which would replace them.
  const bare = { ...app, gate: { ...app.gate, checks: [] } }
  return yield* applyPlugin(bare, config.settings.get(app.name), plugin)
})

/** Runs the checks on the running app, and finds filters for volumes that it does not have. */
const looks = Effect.fnUntraced(function* (app: EffectiveApp) {
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const gate = yield* HealthGate
  const filters = yield* runtime.volumes(app).pipe(
    Effect.map((volumes) => (volumes.length === 0 ? [] : strayFindings(app, volumes))),
    orFail({ app: app.name, what: "filter" })
  )
  const seen = yield* Effect.forEach(app.gate.checks, (check) =>
    Effect.map(gate.runCheck(app, runtime, check), (look) => {
      const about = { app: app.name, what: check.name }
      return look.ok ? ok(about, look.seen) : fail(about, look.seen, "is the app healthy? then correct the check")
    })
  )
  return [...filters, ...seen]
})

export const run = Effect.fn("Cli.pluginTest")(function* (input: {
  readonly file: string
  readonly app: Option.Option<string>
  readonly settings: Option.Option<string>
}) {
  const plugin = yield* load(input.file)
  const app = withoutLabels(yield* subject(plugin, input.app, input.settings))
  const findings = yield* Effect.gen(function* () {
    const kept = (yield* contract(app, Option.isSome(input.app))).map(
      ({ next, ok, seen, what }): Finding => ({ app: null, level: ok ? "ok" : "fail", what, seen, next })
    )
    return [...kept, ...(Option.isNone(input.app) ? [] : yield* looks(app))]
  }).pipe(Effect.provide(Layer.merge(HealthGateLive.layer, RuntimesLive.layer)))
  const healthy = findings.every(({ level }) => level !== "fail")
  const about = ok({ app: null, what: "plugin" }, `${plugin.entry}, for the recipe ${plugin.shape.recipe}`)
  if (yield* Json) yield* printJson({ format: 1, ok: healthy, findings: [about, ...findings] })
  else yield* print([about, ...findings].map(lineOf).join("\n"))
  if (!healthy) return yield* new Ended({ code: ExitCode.error })
})
