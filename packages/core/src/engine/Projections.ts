/**
 * Files made from the log for people and scripts: `<app>/last_good`. A deleted projection is written again, and none is
 * ever read back (LAW-6). A failure to write one is a warning, not a failed upgrade.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { replaceFile } from "../disk/replaceFile.ts"
import type { App } from "../domain/App.ts"
import type { AppState } from "../domain/State.ts"

const fileOf = (app: App): string => join(app.dir, "last_good")

/** null: there is no last good version, and no file. */
const textFor = ({ lastGood }: AppState): string | null => (lastGood === null ? null : `${lastGood.version}\n`)

const contentOf = (file: string): Effect.Effect<string | null> =>
  Effect.promise(() => readFile(file, "utf8").catch(() => null))

export class Projections extends Context.Service<
  Projections,
  {
    /** Writes the files from the state. The app's folder exists, because the claim is in it. */
    readonly write: (app: App, state: AppState) => Effect.Effect<void>
    /** Whether the files are as `write` would leave them. */
    readonly isCurrent: (app: App, state: AppState) => Effect.Effect<boolean>
  }
>()("lastgood/engine/Projections") {
  static readonly layer = Layer.succeed(
    Projections,
    Projections.of({
      write: Effect.fn("Projections.write")(function* (app, state) {
        const text = textFor(state)
        const file = fileOf(app)
        if (text === null || (yield* contentOf(file)) === text) return
        yield* replaceFile(file, text, 0o644).pipe(
          Effect.catch((error) => Effect.logWarning(`cannot write ${file}: ${error.message}`))
        )
      }),
      isCurrent: (app, state) => {
        const text = textFor(state)
        return text === null ? Effect.succeed(true) : Effect.map(contentOf(fileOf(app)), (found) => found === text)
      }
    })
  )
}
