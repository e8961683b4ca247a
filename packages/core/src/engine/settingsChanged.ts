/** Whether the operator changed the settings of the running version: its env file, or the files that its project reads. */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { isSameSet } from "../domain/folders.ts"
import type { AppState } from "../domain/State.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { deployedFiles, presentFiles } from "./steps/Work.ts"

export const areSettingsChanged = Effect.fnUntraced(function* (
  app: App,
  runtime: Runtime,
  { running }: Pick<AppState, "running">
) {
  if (running === null) return false
  const versions = yield* VersionSource
  if (!(yield* versions.isEnvCurrent(app, running))) return true
  if (app.folder === null || runtime.operatorFiles === undefined) return false
  // A `compose.override.yml` that was added has no copy that could differ.
  return yield* Effect.gen(function* () {
    const release = yield* versions.existing(app, running)
    if (release?.operatorFiles === undefined) return false
    const [kept, present] = yield* Effect.all([
      deployedFiles(app, runtime, release),
      presentFiles(app, runtime, release)
    ])
    const paths = (files: typeof kept) => (files ?? []).map(({ path }) => path)
    return !isSameSet(paths(kept), paths(present))
    // Files that cannot be read are reported where they are needed.
  }).pipe(Effect.orElseSucceed(() => false))
})
