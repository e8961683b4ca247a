import { AppName } from "@lastgood/core/config/AppFile"
import { troubleWithFolder } from "@lastgood/core/config/ownFolders"
import { leftOf } from "@lastgood/core/disk/appFolder"
import { folderSize, folderSizeText } from "@lastgood/core/disk/folderSize"
import type { App } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import { type Forgettable, forget, forgettable } from "@lastgood/core/engine/forget"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { live } from "@lastgood/core/live"
import { hostApp, namedApp } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { confirm } from "../confirm.ts"
import { BadUsage } from "../errors.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { plural, size, time } from "../render/format.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** What goes, by name, and what stays. */
const linesOf = Effect.fnUntraced(function* (app: App, { isBegun, state }: Forgettable) {
  const left = isBegun ? yield* leftOf(app.dir) : null
  const path = left ?? app.dir
  const folder = `${path} (${folderSizeText(yield* folderSize(path))})`
  if (isBegun) return [`lastgood has forgotten ${app.name}, and deletes ${folder}`]
  return [
    `lastgood forgets ${app.name}: its log ends after ${plural(state.version, "event")}, and this is deleted:`,
    ...state.snapshots.map(({ at, bytes, id, version }) => `  snapshot ${id}  ${version}  ${time(at)}  ${size(bytes)}`),
    `  ${folder}`,
    "Volumes of an engine and folders of the host stay. The events stay in the log."
  ]
})

/** Deletes what is kept of an app that was removed. Shows it first. */
export const run = Effect.fn("Cli.forget")(function* (input: {
  readonly app: string
  readonly yes: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const config = yield* configuration
  const { dryRun, wait } = input
  if (config.apps.some(({ name }) => name === input.app)) {
    return yield* new CommandRejected({
      app: input.app,
      reason: `it is in ${config.file}`,
      next: `${nextText(input.app, { do: "Remove" })}; then take apps.${input.app} out of ${config.file}`
    })
  }
  if (!Schema.is(AppName)(input.app)) {
    return yield* new BadUsage({
      reason: `${JSON.stringify(input.app)} is not the name of an app`,
      next: "name one of the log"
    })
  }
  const app = namedApp(config.root, input.app)
  const found = yield* forgettable(app).pipe(Effect.provide(live(config, { readOnly: true })))
  const trouble = troubleWithFolder(app, true)
  if (trouble !== null) return yield* trouble
  const snapshots = found.state.snapshots.map(({ bytes, id, version }) => ({ id, version, bytes }))
  const lines = yield* linesOf(app, found)
  const document = { app: app.name, folder: app.dir, events: found.state.version, snapshots }
  if (dryRun) {
    if (yield* Json) return yield* printJson({ format: 1, dryRun, ...document })
    return yield* print([...lines, "nothing was changed (--dry-run)"].join("\n"))
  }
  yield* confirm(lines, input.yes)
  yield* forget(app, hostApp(config.root), wait).pipe(
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  if (yield* Json) return yield* printJson({ format: 1, dryRun, ...document })
  yield* print(`${app.name}: it is forgotten; ${app.dir} is deleted`)
})
