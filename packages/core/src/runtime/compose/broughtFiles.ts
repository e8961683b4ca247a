/** Files of a version that its services mount from the app's working folder. */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import type { App } from "../../domain/App.ts"
import { writtenPath } from "../../domain/DataFolder.ts"
import { answerFor, isAnsweredOwn } from "../../domain/folders.ts"
import { realSource } from "../../host/hostSource.ts"
import { type Bind, bindsOf } from "../docker/hostMounts.ts"
import { isInside } from "../docker/hostPaths.ts"
import type { Hazard } from "../Runtime.ts"
import type { ComposeProject } from "./ComposeProject.ts"

/** Those to which a service can write, by their paths in the folder. */
export const broughtFiles = (app: App, { compose, dir }: Pick<ComposeProject, "compose" | "dir">) => {
  const { folder } = app
  if (folder === null) return []
  return bindsOf(compose)
    .filter(({ readOnly, source }) => !readOnly && isInside(dir, source))
    .map(({ service, source }) => {
      const path = join(folder, relative(dir, source))
      return { service, path, answer: answerFor(app, path) }
    })
}

/** LAW-14: what the app writes there would be lost with the release. Configuration is often mounted writable too. */
export const broughtHazards = (app: App, project: Pick<ComposeProject, "compose" | "dir">): ReadonlyArray<Hazard> =>
  broughtFiles(app, project)
    .filter(({ answer }) => answer === null)
    .map(({ path, service }) => {
      const name = writtenPath(path, app.folder)
      const written = JSON.stringify(name)
      return {
        kind: "unanswered-folder",
        what: `${service} can write to ${name}, a file that each version brings`,
        next: `mount it read-only (:ro); or say in lastgood.yaml whether it is data of ${app.name} (data: { ${written}: own }), or comes from the version (data: { ${written}: external })`
      }
    })

/** A file of the version is not data: it comes with each release, this one or the one that runs. */
export const isBrought = Effect.fnUntraced(function* (
  app: App,
  { dir }: Pick<ComposeProject, "dir">,
  { source }: Bind
) {
  if (isInside(join(app.dir, "releases"), source) || isInside(dir, source)) return true
  if (app.folder === null) return false
  // A container that somebody started by hand may name the folder by another path.
  const folder = [app.folder, yield* realSource(app.folder)].find((one) => isInside(one, source))
  if (folder === undefined || isAnsweredOwn(app, join(app.folder, relative(folder, source)))) return false
  return (yield* kindAt(join(dir, relative(folder, source)))) === "file"
})
