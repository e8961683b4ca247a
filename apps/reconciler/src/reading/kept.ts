/** What lastgood keeps on the disks for apps, as `snapshots --json` prints it. */
import type { App } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import * as Effect from "effect/Effect"
import { type ShownSnapshot, snapshotsOf } from "./snapshots.ts"
import { type StoredSize, storedAsides, storedReleases, sumOf } from "./storage.ts"

export interface KeptOfApp {
  readonly app: string
  readonly snapshots: StoredSize
  readonly aside: StoredSize
  readonly releases: StoredSize
}

/** The shape is public (`lastgood snapshots --json`). */
export interface KeptDocument {
  /** Oldest first, app by app. */
  readonly snapshots: ReadonlyArray<ShownSnapshot>
  readonly kept: ReadonlyArray<KeptOfApp>
  readonly root: { readonly path: string } & StoredSize
}

const keptOf = Effect.fnUntraced(function* (app: App) {
  const snapshots = yield* snapshotsOf(app)
  const state = yield* (yield* Journal).load(app.name)
  const kept: KeptOfApp = {
    app: app.name,
    snapshots: { bytes: snapshots.reduce((sum, one) => sum + one.bytes, 0), isPartial: false },
    aside: sumOf(yield* storedAsides(state)),
    releases: sumOf(yield* storedReleases(app, state))
  }
  return { snapshots, kept }
})

/** @param root the path of the root, which has all of it but what was set aside beside a volume. */
export const keptDocument = Effect.fn("Reading.kept")(function* (root: string, apps: ReadonlyArray<App>) {
  const found = yield* Effect.forEach(apps, keptOf)
  const kept = found.map((one) => one.kept)
  const all = sumOf(kept.flatMap(({ aside, releases, snapshots }) => [snapshots, aside, releases]))
  const document: KeptDocument = {
    snapshots: found.flatMap(({ snapshots }) => snapshots),
    kept,
    root: { path: root, ...all }
  }
  return document
})
