/** What a version source is told about an app: the version that runs, and how its runtime reads a release. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import type { AppState } from "../domain/State.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { type Looking, RecipeUnavailable } from "../version/VersionSource.ts"
import type { Request } from "./Request.ts"

/** Whether the versions of the app were fetched a moment ago, for the same request. */
export const AreFetched = Context.Reference<boolean>("lastgood/engine/AreFetched", { defaultValue: () => false })

const nothing = { services: [], files: [], folders: [] }

export const lookingFor = (
  app: App,
  runtime: Pick<Runtime, "project">,
  { data, running }: Pick<AppState, "data" | "running">,
  fetch: boolean
): Looking => ({
  fetch,
  running: running ?? data,
  project: (release) =>
    Effect.mapError(
      runtime.project?.(app, release) ?? Effect.succeed(nothing),
      ({ message, next }) => new RecipeUnavailable({ recipe: app.recipe, reason: message, next })
    )
})

/** Follows the reason why there is nothing to upgrade to, if the source of the versions was not asked. */
export const butUnasked = ({ versions }: Pick<App, "versions">, request: Request): string => {
  if (request._tag !== "Upgrade" || request.fetch || request.to !== null) return ""
  return versions.kind === "images"
    ? "; its registries were not asked for newer ones (--skip-fetch)"
    : "; newer ones were not fetched (--skip-fetch)"
}
