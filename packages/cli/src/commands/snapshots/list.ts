import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { type ShownSnapshot, snapshotsOf } from "@lastgood/reconciler/reading/snapshots"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Json } from "../../options.ts"
import { size, time } from "../../render/format.ts"
import { table } from "../../render/table.ts"
import { Columns, print, printJson } from "../../Screen.ts"
import { appsNamed, configuration, reading } from "../../session.ts"

const words = ({ verified, current }: ShownSnapshot): string =>
  [verified === null ? "not verified yet" : verified ? "verified" : "DAMAGED", ...(current ? ["current"] : [])].join(
    ", "
  )

/** Lists the snapshots on disk, oldest first, with their data from the log. */
export const run = Effect.fn("Cli.snapshots")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const named = yield* appsNamed(config, input.app)
  const found = yield* Effect.forEach(named, snapshotsOf).pipe(
    Effect.provide(Layer.merge(reading(config), TarSnapshots.layer))
  )
  const shown = found.flat()
  if (yield* Json) return yield* printJson({ format: 1, snapshots: shown })
  if (shown.length === 0) return yield* print("no snapshots")
  const rows = shown.map((s) => [s.app, s.id, s.version ?? "", time(s.ts), size(s.bytes), words(s)])
  yield* print(table(["app", "snapshot", "version", "taken", "size", "state"], rows, yield* Columns))
})
