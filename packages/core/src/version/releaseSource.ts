/** Shared by all sources: releases under the app's folder, each with the env file that it is deployed with. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { atOnce, Files } from "../disk/Files.ts"
import { kindAt } from "../disk/kindAt.ts"
import { isOperatorCopyCurrent, replaceOperatorFiles } from "../disk/operatorFiles.ts"
import { readSmallFile } from "../disk/readSmallFile.ts"
import type { App, OperatorFile, Release } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import { pinsAt } from "./images/Record.ts"
import { prune } from "./prune.ts"
import { isCommit, pathsOf } from "./releaseLayout.ts"
import { keepEnv } from "./releases.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

/** Changes that a runtime's tool makes in the operator's file are not changes of the operator. */
const withoutOwnLines = (app: App, bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString("latin1")
  const { ownEnvLines } = traitsOf(app)
  return ownEnvLines === null ? text : text.replace(ownEnvLines, "")
}

/** @param layOut writes `<place.dir>/releases/<commit>`, which does not exist. `app` may have a copy of it. */
export const releaseSource = (
  layOut: (place: App, app: App, ref: Ref) => Effect.Effect<void, RecipeUnavailable, Scope.Scope>
) => {
  /** @param into replaces the app's folder. */
  const laidOut = Effect.fnUntraced(function* (app: App, ref: Ref, into?: string) {
    const place = into === undefined ? app : { ...app, dir: into }
    const paths = pathsOf(place, ref)
    if (!isCommit(ref.commit)) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: `${JSON.stringify(ref.commit)} is not a commit: expected 40 (or 64) hexadecimal digits`,
        next: "choose a version of the recipe"
      })
    }
    if ((yield* kindAt(paths.recipe)) !== "folder") yield* layOut(place, app, ref)
    return { place, paths, pins: yield* pinsAt(app, ref, paths.images) }
  }, Effect.scoped)

  const checkout = Effect.fn("Releases.checkout")(function* (
    app: App,
    ref: Ref,
    envFile: string | null,
    into?: string
  ) {
    const { paths, pins, place } = yield* laidOut(app, ref, into)
    const kept = yield* keepEnv(place, paths.env, envFile)
    yield* keepEnv(place, paths.nextEnv, null)
    return { ...ref, ...pins, dir: paths.recipe, envFile: kept }
  })

  const preview = Effect.fn("Releases.preview")(function* (app: App, ref: Ref, envFile: string | null) {
    const { paths, pins } = yield* laidOut(app, ref)
    return { ...ref, ...pins, dir: paths.recipe, envFile: yield* keepEnv(app, paths.nextEnv, envFile) }
  })

  const existing = Effect.fnUntraced(
    function* (app: App, ref: Ref) {
      const { env, images, operatorFiles, recipe } = pathsOf(app, ref)
      if (!isCommit(ref.commit) || (yield* kindAt(recipe)) !== "folder") return null
      const pins = yield* pinsAt(app, ref, images)
      const copied = (yield* kindAt(operatorFiles)) === "folder" ? { operatorFiles } : {}
      return { ...ref, ...pins, ...copied, dir: recipe, envFile: (yield* kindAt(env)) === "file" ? env : null }
      // All of it is in the root, whose log is read at once too.
    },
    Effect.provideService(Files, atOnce)
  )

  const keepFiles = Effect.fn("Releases.keepFiles")(function* (
    app: App,
    release: Release,
    files: ReadonlyArray<OperatorFile>
  ) {
    const { operatorFiles } = pathsOf(app, release)
    yield* replaceOperatorFiles(files, operatorFiles).pipe(
      Effect.mapError(
        ({ message }) =>
          new RecipeUnavailable({
            recipe: app.recipe,
            reason: `the files of ${app.folder} that the release uses cannot be copied: ${message}`,
            next: "make the file one that root can read, and see that the root has room"
          })
      )
    )
    return { ...release, operatorFiles }
  })

  const isEnvCurrent = Effect.fnUntraced(function* (app: App, ref: Ref) {
    const release = yield* Effect.orElseSucceed(existing(app, ref), () => null)
    // A release that was only inspected was not deployed by this root.
    if (release === null || (release.envFile === null && app.envFile !== null)) return true
    const content = (path: string | null) =>
      path === null ? Effect.succeed("") : Effect.map(readSmallFile(path), (bytes) => withoutOwnLines(app, bytes))
    const { folder } = app
    const { operatorFiles } = release
    const areFilesCurrent =
      folder === null || operatorFiles === undefined
        ? Effect.succeed(true)
        : isOperatorCopyCurrent(operatorFiles, folder)
    return yield* Effect.zipWith(content(release.envFile), content(app.envFile), (kept, now) => kept === now).pipe(
      Effect.flatMap((isSame) => (isSame ? areFilesCurrent : Effect.succeed(false))),
      // An unreadable file is reported where it is needed.
      Effect.orElseSucceed(() => true)
    )
  })

  return { checkout, preview, existing, keepFiles, isEnvCurrent, prune }
}
