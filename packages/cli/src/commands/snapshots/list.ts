import type { App } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { type ShownSnapshot, snapshotsOf } from "@lastgood/reconciler/reading/snapshots"
import { type StoredSize, storedAsides, storedReleases, sumOf } from "@lastgood/reconciler/reading/storage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Json } from "../../options.ts"
import { countedSize, plural, size, time } from "../../render/format.ts"
import { table } from "../../render/table.ts"
import { Columns, print, printJson } from "../../Screen.ts"
import { appsNamed, configuration, reading } from "../../session.ts"

const words = ({ verified, current }: ShownSnapshot): string =>
  [verified === null ? "not verified yet" : verified ? "verified" : "DAMAGED", ...(current ? ["current"] : [])].join(
    ", "
  )

const listed = Effect.fnUntraced(function* (app: App) {
  const snapshots = yield* snapshotsOf(app)
  const state = yield* (yield* Journal).load(app.name)
  return {
    app: app.name,
    snapshots,
    bytes: snapshots.reduce((sum, one) => sum + one.bytes, 0),
    aside: sumOf(yield* storedAsides(state)),
    releases: sumOf(yield* storedReleases(app, state))
  }
})

type Listed = Effect.Success<ReturnType<typeof listed>>

const rowOf = ({ aside, app, bytes, releases, snapshots }: Listed): ReadonlyArray<string> => [
  app,
  `${size(bytes)} in ${snapshots.length}`,
  countedSize(aside.bytes, aside.isPartial),
  countedSize(releases.bytes, releases.isPartial)
]

const total = (apps: ReadonlyArray<Listed>): StoredSize =>
  sumOf(apps.flatMap(({ aside, bytes, releases }) => [{ bytes, isPartial: false }, aside, releases]))

/** Lists the snapshots on disk, oldest first, with their data from the log, and what lastgood keeps for each app. */
export const run = Effect.fn("Cli.snapshots")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const named = yield* appsNamed(config, input.app)
  const apps = yield* Effect.forEach(named, listed).pipe(
    Effect.provide(Layer.merge(reading(config), TarSnapshots.layer))
  )
  const shown = apps.flatMap(({ snapshots }) => snapshots)
  const all = total(apps)
  if (yield* Json) {
    const kept = apps.map(({ snapshots: _, bytes, ...one }) => ({ ...one, snapshots: { bytes, isPartial: false } }))
    return yield* printJson({ format: 1, snapshots: shown, kept, root: { path: config.root, ...all } })
  }
  if (shown.length === 0) yield* print("no snapshots")
  else {
    const rows = shown.map((s) => [s.app, s.id, s.version ?? "", time(s.ts), size(s.bytes), words(s)])
    yield* print(table(["app", "snapshot", "version", "taken", "size", "state"], rows, yield* Columns))
  }
  if (all.bytes === 0) return
  yield* print(`\n${table(["app", "snapshots", "set aside", "releases"], apps.map(rowOf), yield* Columns)}`)
  const what = apps.length === 1 ? "" : ` for ${plural(apps.length, "app")}`
  yield* print(`${countedSize(all.bytes, all.isPartial)} in all${what}`)
})
