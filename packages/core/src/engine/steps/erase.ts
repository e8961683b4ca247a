/** Down for good: deletes volumes of a removed app (LAW-3). */
import * as Effect from "effect/Effect"
import { make } from "../../domain/Event.ts"
import { isErasable } from "../../domain/erasable.ts"
import { nextText } from "../../domain/Next.ts"
import type { SnapshotRecord } from "../../domain/State.ts"
import { SnapshotFailed, type SnapshotMeta, SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { notAsTaken } from "../asTaken.ts"
import { NothingErased, whyOf } from "../StepError.ts"
import { foldersOf } from "../world.ts"
import { quietly, type Work } from "./Work.ts"

const refused = ({ app }: Work, reason: string) =>
  Effect.fail(
    new SnapshotFailed({
      app: app.name,
      operation: "erase",
      reason: `${reason}, so no volume is deleted`,
      next: nextText(app.name, { do: "Verify" })
    })
  )

/** The last snapshot, whose archives were verified when it was sealed. */
const lastSnapshot = (work: Work) => {
  const id = work.state.down?.removed?.snapshot
  const found = work.state.snapshots.find((one) => one.id === id)
  return found?.verified === true
    ? Effect.succeed(found)
    : refused(work, `the last snapshot (${id ?? "none"}) is not verified`)
}

/** A mirror is removed with the data, so every archive has to be there. */
const unsealed = ({ archives }: SnapshotMeta): ReadonlyArray<string> =>
  Object.values(archives).flatMap(({ file, mirror }) => (mirror === undefined ? [] : [`${file} is not made yet`]))

/** Read again: days may have passed since it was sealed, if lastgood was killed or a volume could not be deleted. */
const assertWhole = Effect.fnUntraced(function* (work: Work, taken: SnapshotRecord) {
  const { meta, problems } = yield* (yield* SnapshotStore).verify(work.app, taken.id)
  const all = meta === null ? problems : [...problems, ...notAsTaken(taken, meta), ...unsealed(meta)]
  if (all.length > 0) return yield* refused(work, `the last snapshot (${taken.id}) is damaged: ${all.join("; ")}`)
})

/** Deletes the volumes. @param begin runs before the first of them is deleted. */
const eraseAfter = Effect.fnUntraced(function* (work: Work, begin: Effect.Effect<void>) {
  const { app, attempt, runtime, state } = work
  const last = yield* lastSnapshot(work)
  const asked = attempt.direction === "forward" && attempt.kind === "remove" ? attempt.volumes : []
  const isAsked = (name: string) => asked.includes(name) && last.volumes.some((one) => one.name === name)
  const present = yield* runtime.volumes(app, foldersOf(app, state))
  const doomed = present.filter((volume) => isAsked(volume.name) && isErasable(app, volume))
  if (doomed.length > 0) yield* assertWhole(work, last)
  yield* (yield* SnapshotStore).removeMirrors(app, doomed)
  const remove = Effect.forEach(doomed, (volume) => runtime.removeVolume(app, volume), { discard: true })
  yield* quietly(work, () => Effect.andThen(begin, remove))
  return [make("DataRemoved", { volumes: asked.filter(isAsked) })] as const
})

/** An error before the first volume is deleted says so, because then the app can be started on its data (LAW-15). */
export const erase = Effect.fn("Step.erase")(function* (work: Work) {
  let isBegun = false
  const begin = Effect.sync(() => {
    isBegun = true
  })
  return yield* eraseAfter(work, begin).pipe(
    Effect.mapError((error) => (isBegun ? error : new NothingErased(whyOf(error))))
  )
})
