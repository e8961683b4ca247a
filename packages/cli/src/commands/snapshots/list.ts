import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { type KeptOfApp, keptDocument } from "@lastgood/reconciler/reading/kept"
import type { ShownSnapshot } from "@lastgood/reconciler/reading/snapshots"
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

const rowOf = (
  { aside, app, releases, snapshots }: KeptOfApp,
  all: ReadonlyArray<ShownSnapshot>
): ReadonlyArray<string> => [
  app,
  `${size(snapshots.bytes)} in ${all.filter((one) => one.app === app).length}`,
  countedSize(aside.bytes, aside.isPartial),
  countedSize(releases.bytes, releases.isPartial)
]

/** Lists the snapshots on disk, oldest first, with their data from the log, and what lastgood keeps for each app. */
export const run = Effect.fn("Cli.snapshots")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const named = yield* appsNamed(config, input.app)
  const document = yield* keptDocument(config.root, named).pipe(
    Effect.provide(Layer.merge(reading(config), TarSnapshots.layer))
  )
  if (yield* Json) return yield* printJson({ format: 1, ...document })
  const { kept, root, snapshots: shown } = document
  if (shown.length === 0) yield* print("no snapshots")
  else {
    const rows = shown.map((s) => [s.app, s.id, s.version ?? "", time(s.ts), size(s.bytes), words(s)])
    yield* print(table(["app", "snapshot", "version", "taken", "size", "state"], rows, yield* Columns))
  }
  if (root.bytes === 0) return
  const rows = kept.map((one) => rowOf(one, shown))
  yield* print(`\n${table(["app", "snapshots", "set aside", "releases"], rows, yield* Columns)}`)
  const what = kept.length === 1 ? "" : ` for ${plural(kept.length, "app")}`
  yield* print(`${countedSize(root.bytes, root.isPartial)} in all${what}`)
})
