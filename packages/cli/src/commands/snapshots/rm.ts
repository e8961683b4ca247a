import type { App } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import { neededSnapshots } from "@lastgood/core/domain/pruning"
import { Journal, streamOf } from "@lastgood/core/engine/Journal"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { snapshotsOf } from "@lastgood/reconciler/reading/snapshots"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { carryOut } from "../../acting.ts"
import { confirm } from "../../confirm.ts"
import { plural, size, time } from "../../render/format.ts"
import { appsNamed, configuration, reading } from "../../session.ts"
import { snapshotNamed } from "../../snapshotNamed.ts"

/** So that the same command can be run again after it was killed. */
const isRemoved = Effect.fnUntraced(function* (app: App, id: string) {
  let isPruned = false
  yield* eachPage(streamOf(app.name), (page) =>
    Effect.sync(() => {
      isPruned ||= page.some(
        ({ data, type }) => type === "SnapshotPruned" && Predicate.hasProperty(data, "snapshot") && data.snapshot === id
      )
      return !isPruned
    })
  )
  return isPruned
})

/** Removes snapshots for good, but none that a rollback needs. */
export const run = Effect.fn("Cli.snapshotsRm")(function* (input: {
  readonly app: string
  readonly snapshots: ReadonlyArray<string>
  readonly yes: boolean
  readonly wait: number
}) {
  const config = yield* configuration
  const [app] = yield* appsNamed(config, Option.some(input.app))
  if (app === undefined) return
  const { chosen, removed } = yield* Effect.gen(function* () {
    const shown = yield* snapshotsOf(app)
    const named = yield* Effect.forEach(input.snapshots, (name) =>
      snapshotNamed(app, name).pipe(
        Effect.catchTag("SnapshotMissing", (error) =>
          Effect.gen(function* () {
            // In the log, but not on disk: somebody else removed it.
            if (shown.some(({ id }) => id === name)) return name
            return (yield* isRemoved(app, name)) ? null : yield* error
          })
        )
      )
    )
    const needed = neededSnapshots(yield* (yield* Journal).load(app.name))
    const ids = [...new Set(named.filter((id) => id !== null))]
    const [refused] = ids.filter((id) => needed.has(id))
    if (refused !== undefined) {
      return yield* new CommandRejected({
        app: app.name,
        reason: `snapshot ${refused} is not removed: ${needed.get(refused)?.reason ?? ""}`,
        next: nextText(app.name, needed.get(refused)?.next ?? "")
      })
    }
    return { chosen: shown.filter(({ id }) => ids.includes(id)), removed: named.filter((id) => id === null).length }
  }).pipe(Effect.provide(Layer.merge(reading(config), TarSnapshots.layer)))
  if (removed > 0) yield* Console.error(`${plural(removed, "snapshot is", "snapshots are")} already removed`)
  if (chosen.length === 0) return
  const total = chosen.reduce((sum, { bytes }) => sum + bytes, 0)
  yield* confirm(
    [
      `${plural(chosen.length, "snapshot")} of ${app.name} will be removed for good, which frees ${size(total)}:`,
      ...chosen.map(({ bytes, id, ts, version }) => `  ${id}  ${version ?? "-"}  ${time(ts)}  ${size(bytes)}`)
    ],
    input.yes
  )
  yield* carryOut(
    input.app,
    { _tag: "Prune", snapshots: chosen.map(({ id }) => id), asides: [], by: "operator" },
    input.wait
  )
})
