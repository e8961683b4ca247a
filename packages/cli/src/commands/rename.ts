import { readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { AppName } from "@lastgood/core/config/AppFile"
import type { Config } from "@lastgood/core/config/Config"
import { ConfigUnwritable } from "@lastgood/core/config/ConfigError"
import { troubleWithFolder } from "@lastgood/core/config/ownFolders"
import { parseConfig } from "@lastgood/core/config/parseConfig"
import { renamedApp } from "@lastgood/core/config/renamedApp"
import { replaceConfig } from "@lastgood/core/config/replaceConfig"
import type { App } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import type { AppState } from "@lastgood/core/domain/State"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { named, renamable, rename } from "@lastgood/core/engine/rename"
import { live } from "@lastgood/core/live"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BadUsage, UnknownApp } from "../errors.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

interface Input {
  readonly app: string
  readonly to: string
  readonly dryRun: boolean
  readonly wait: number
}

/** The app as it is configured under its new name, and the text of the configuration that says so. */
interface Renaming {
  readonly app: App
  readonly to: App
  /** null: the operator has renamed the key. */
  readonly edit: { readonly before: string; readonly after: string } | null
}

const textOf = (file: string) =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) => new ConfigUnwritable({ file, reason: String(cause) })
  })

const edited = Effect.fnUntraced(function* (config: Config, app: App, { to }: Input) {
  const { file } = config
  const before = yield* textOf(file)
  const after = renamedApp(before, app.name, to)
  const place = { file, folder: dirname(file), home: "", abraDir: "" }
  const parsed =
    after === null ? null : yield* Effect.option(Effect.fromResult(parseConfig(after, place, () => config.root)))
  const found = parsed?._tag === "Some" ? parsed.value.config.apps.find(({ name }) => name === to) : undefined
  if (after === null || found === undefined) {
    return yield* new ConfigUnwritable({ file, reason: `apps.${app.name} cannot be renamed in its text` })
  }
  // Only these may follow from the name.
  const renamed: App = { ...named(app, to), domain: found.domain, stack: found.stack }
  return { app, to: renamed, edit: { before, after } } satisfies Renaming
})

const renamingOf = Effect.fnUntraced(function* (config: Config, input: Input) {
  const app = config.apps.find(({ name }) => name === input.app)
  const to = config.apps.find(({ name }) => name === input.to)
  if (app !== undefined && to !== undefined) {
    return yield* new CommandRejected({
      app: input.app,
      reason: `${config.file} has an app ${input.to} too`,
      next: "choose another name"
    })
  }
  if (app !== undefined) return yield* edited(config, app, input)
  if (to !== undefined) return { app: named(to, input.app), to, edit: null } satisfies Renaming
  return yield* new UnknownApp({ app: input.app, known: config.apps.map(({ name }) => name), file: config.file })
})

/** Under another stack, the runtime would not find the app's containers and volumes any more. */
const assertSameStack = Effect.fnUntraced(function* (config: Config, { app, edit, to }: Renaming, state: AppState) {
  const before = edit === null ? state.registered : app
  if (to.runtime === "local" || before === null) return
  const changed = (["domain", "stack"] as const).filter((key) => before[key] !== to[key])
  const [key] = changed
  if (key === undefined) return
  return yield* new CommandRejected({
    app: app.name,
    reason: `its ${key} follows from its name, and would change from ${before[key]} to ${to[key]}`,
    next: `write ${changed.map((one) => `\`${one}: ${before[one]}\``).join(" and ")} under apps.${edit === null ? to.name : app.name} in ${config.file}, then run the same command again`
  })
})

/** What the operator does next, if the app was stopped. */
const nextOf = ({ down }: AppState): string => (down?.asked === true ? down.next : "")

/** The app's new name in the configuration, in the log, and on the disk. */
export const run = Effect.fn("Cli.rename")(function* (input: Input) {
  if (!Schema.is(AppName)(input.to) || input.to === input.app) {
    const reason = `${JSON.stringify(input.to)} is not a new name for an app`
    const next =
      "give another one: 1 to 63 characters of a-z, 0-9, dot, underscore and dash, beginning with a letter or a digit, not with events.db"
    return yield* new BadUsage({ reason, next })
  }
  const config = yield* configuration
  const renaming = yield* renamingOf(config, input)
  const { app, edit, to } = renaming
  const trouble = troubleWithFolder(to, true)
  if (trouble !== null) return yield* trouble
  const found = yield* renamable(app, to).pipe(Effect.provide(live(config, { readOnly: true })))
  if (!found.isBegun) yield* assertSameStack(config, renaming, found.state)
  const document = { app: app.name, to: to.name, file: edit === null ? null : config.file, folder: to.dir }
  if (input.dryRun) {
    if (yield* Json) return yield* printJson({ format: 1, dryRun: true, ...document, next: "" })
    const lines = [
      `lastgood renames ${app.name} to ${to.name}:`,
      ...(edit === null ? [] : [`  ${config.file}: apps.${app.name} becomes apps.${to.name}`]),
      `  ${app.dir} becomes ${to.dir}`,
      "Its log goes on under the new name. Its data and its stack stay.",
      "nothing was changed (--dry-run)"
    ]
    return yield* print(lines.join("\n"))
  }
  const configure = edit === null ? Effect.void : replaceConfig(config.file, edit.before, edit.after)
  const state = yield* rename(app, to, configure, input.wait).pipe(
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  const next = nextOf(state)
  if (yield* Json) return yield* printJson({ format: 1, dryRun: false, ...document, next })
  yield* print(`${app.name} is ${to.name} now${next === "" ? "" : `\nnext: ${nextText(to.name, next)}`}`)
})
