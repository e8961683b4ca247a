/** The operator's files of a release: named by its compose files, and not in the version. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { copiedPaths, operatorFilesIn, outsideName } from "../../disk/operatorFiles.ts"
import type { App, Release } from "../../domain/App.ts"
import { RuntimeFailed } from "../Runtime.ts"
import { projectFiles } from "./projectFiles.ts"
import { projectSource } from "./source.ts"

export const operatorFiles = Effect.fn("Compose.operatorFiles")(function* (app: App, release: Release) {
  const { folder } = app
  const { operatorFiles: copy } = release
  if (folder === null) return []
  const unreadable = ({ message }: Error) =>
    new RuntimeFailed({
      app: app.name,
      operation: "operatorFiles",
      reason: `files of ${folder} cannot be read: ${message}`,
      next: `check ${folder}`
    })
  if (copy !== undefined) {
    return yield* Effect.flatMap(copiedPaths(copy), (paths) => operatorFilesIn(copy, paths, "copy")).pipe(
      Effect.mapError(unreadable)
    )
  }
  const { outside, own } = yield* projectFiles(release, folder, yield* projectSource(app, release))
  const paths = [...own.filter((path) => join(folder, path) !== app.envFile), ...outside.map(outsideName)]
  return yield* Effect.mapError(operatorFilesIn(folder, paths), unreadable)
})
