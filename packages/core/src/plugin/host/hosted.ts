/** A plugin in separate processes, as a plain value: its functions are calls into these processes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Inside } from "../../domain/Extension.ts"
import { confidentialInSettings } from "../../secrets/confidential.ts"
import type { PluginApp } from "../definePlugin.ts"
import { type Decoded, late, type PluginCode } from "../PluginCode.ts"
import { reasonOf } from "../reasonOf.ts"
import { type About, type FunctionPath, SettingsAnswer } from "./Message.ts"
import { fault, PluginFault } from "./PluginFault.ts"
import type { PluginProcesses } from "./PluginProcesses.ts"
import { revive } from "./revive.ts"

const answerMs = 10_000
const soon = `within ${answerMs / 1000} s`

const aboutOf = ({ domain, name, recipe, runtime, settings, stack }: PluginApp<unknown>): About => ({
  app: { name, recipe, domain, stack, runtime },
  settings: settings ?? null
})

const asFault = (thrown: unknown): PluginFault => (thrown instanceof PluginFault ? thrown : fault(reasonOf(thrown)))

/** The engine's argument for a plugin's function. */
type Given = Partial<Inside> & { readonly app?: PluginApp<unknown> }

/** A function of the plugin. `about` undefined: the caller passes the app. */
const caller =
  (processes: PluginProcesses, about?: About) =>
  (path: FunctionPath) =>
  // `extensionOf` and `callInside` make the argument.
  ({ app, exec = undefined, signal = undefined, ...told }: Given): Promise<unknown> => {
    const meant = about ?? (app === undefined ? undefined : aboutOf(app))
    if (meant === undefined || exec === undefined || signal === undefined)
      return Promise.reject(fault("it was called with a wrong argument"))
    return processes
      .call(meant.app.name, { ask: "run", about: meant, path, told }, { exec, signal })
      .then((sent) => revive(sent, () => undefined))
  }

const saidBy = (thrown: unknown, { settings }: PluginApp<unknown>, about = ""): string => {
  const { reason, threw } = asFault(thrown)
  return `${threw ? "threw" : "failed"}${about}: ${reasonOf(reason, confidentialInSettings(settings))}`
}

const decodeAnswer = Schema.decodeUnknownEffect(SettingsAnswer)

/** The default export of the plugin; undefined: it has none. */
export const describe = (processes: PluginProcesses): Effect.Effect<unknown, PluginFault> =>
  Effect.tryPromise({
    try: (signal) => processes.call(null, { ask: "describe" }, { exec: null, signal }),
    catch: asFault
  }).pipe(Effect.map((sent) => revive(sent, caller(processes))))

export const inProcesses = (processes: PluginProcesses): PluginCode => ({
  homeOf: (app) => ({
    start: (signal) => processes.call(app, { ask: "describe" }, { exec: null, signal }),
    brokeLater: () => processes.brokeLater(app)
  }),
  decode: (app) =>
    Effect.tryPromise({
      try: (signal) => processes.call(null, { ask: "settings", about: aboutOf(app) }, { exec: null, signal }),
      catch: (thrown) => `its settings schema ${saidBy(thrown, app)}`
    }).pipe(
      Effect.flatMap((sent) => Effect.mapError(decodeAnswer(sent), () => "its settings schema returned no result")),
      Effect.flatMap((answer): Effect.Effect<Decoded, string> => {
        if ("later" in answer) return Effect.fail(late)
        if ("issues" in answer) return Effect.succeed(answer)
        // Decoded again in each process, because a schema's output can be any value.
        return Effect.succeed({
          settings: app.settings,
          secrets: [...answer.secrets, ...confidentialInSettings(app.settings)]
        })
      }),
      Effect.timeoutOrElse({
        duration: answerMs,
        orElse: () => Effect.fail(`its settings schema did not answer ${soon}`)
      })
    ),
  checks: (app) =>
    Effect.tryPromise({
      try: (signal) => processes.call(null, { ask: "health", about: aboutOf(app) }, { exec: null, signal }),
      catch: (thrown) => `its health function ${saidBy(thrown, app, ` for ${app.name}`)}`
    }).pipe(
      Effect.map((sent) => revive(sent, caller(processes, aboutOf(app)))),
      Effect.timeoutOrElse({
        duration: answerMs,
        orElse: () => Effect.fail(`its health function did not answer for ${app.name} ${soon}`)
      })
    )
})
