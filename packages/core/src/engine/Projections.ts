/**
 * Files that are made from the log for people and scripts: `<app>/last_good`. A projection can be deleted and is written
 * again; it is never read back (LAW-6). Not being able to write one is a warning, not a failed upgrade.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { App } from "../domain/App.ts"
import type { AppState } from "../domain/State.ts"

export class Projections extends Context.Service<
  Projections,
  {
    /** Makes the files say what the state says. */
    readonly write: (app: App, state: AppState) => Effect.Effect<void>
  }
>()("lastgood/engine/Projections") {
  static readonly layer = Layer.effect(
    Projections,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path

      const writeAtomically = Effect.fnUntraced(function* (file: string, text: string) {
        const present = yield* fs.readFileString(file).pipe(Effect.orElseSucceed(() => ""))
        if (present === text) return
        yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 })
        const temporary = `${file}.new`
        yield* Effect.scoped(
          Effect.gen(function* () {
            const handle = yield* fs.open(temporary, { flag: "w", mode: 0o644 })
            yield* handle.writeAll(new TextEncoder().encode(text))
            yield* handle.sync
          })
        )
        yield* fs.rename(temporary, file)
      })

      const write = (app: App, state: AppState): Effect.Effect<void> =>
        state.lastGood === null
          ? Effect.void
          : writeAtomically(path.join(app.dir, "last_good"), `${state.lastGood.version}\n`).pipe(
              Effect.catch((error) => Effect.logWarning(`${app.dir}/last_good was not written: ${error.message}`))
            )

      return Projections.of({ write })
    })
  )
}
