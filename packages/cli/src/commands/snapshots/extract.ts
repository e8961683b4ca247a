import { resolve } from "node:path"
import { extractTo } from "@lastgood/core/snapshot/ExtractTo"
import { intoFolder } from "@lastgood/core/snapshot/IntoFolder"
import type { ReadableVolume } from "@lastgood/core/snapshot/Reading"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { failedAs } from "@lastgood/core/snapshot/Trouble"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Json } from "../../options.ts"
import { print, printJson } from "../../Screen.ts"
import { appsNamed, configuration } from "../../session.ts"
import { locatedIn, notAFile, snapshotNamed } from "../../snapshotNamed.ts"

/** Unpacks files and folders of a snapshot: `<into>/<volume>/<path>`. */
export const run = Effect.fn("Cli.snapshotsExtract")(function* (input: {
  readonly app: string
  readonly snapshot: string
  readonly paths: ReadonlyArray<string>
  readonly into: string
}) {
  const [app] = yield* appsNamed(yield* configuration, Option.some(input.app))
  if (app === undefined) return
  const snapshot = yield* snapshotNamed(app, input.snapshot)
  const located = yield* Effect.forEach(input.paths, (path) => locatedIn(app, snapshot, path))
  const perVolume = new Map<ReadableVolume, ReadonlyArray<string>>()
  for (const { path, volume } of located) {
    const same = [...perVolume.keys()].find(({ name }) => name === volume.name) ?? volume
    perVolume.set(same, [...(perVolume.get(same) ?? []), path])
  }
  const into = resolve(input.into)
  yield* Effect.gen(function* () {
    const folder = yield* intoFolder(into)
    for (const [volume, paths] of perVolume) {
      yield* folder.fill(volume.name, (at) => extractTo(volume, paths, at))
    }
  }).pipe(
    Effect.scoped,
    failedAs(app, "extract"),
    Effect.catchTag("NotAFile", (error) =>
      Effect.fail(notAFile(app, snapshot, input.paths.find((path) => path.endsWith(error.path)) ?? error.path, error))
    )
  )
  const shown = [...perVolume.keys()].map(({ name }) => name)
  if (yield* Json) return yield* printJson({ format: 1, app: app.name, snapshot, into, volumes: shown })
  yield* print(`extracted to ${into}`)
}, Effect.provide(TarSnapshots.layer))
