/** Down for good: deletes volumes of a removed app (LAW-3). */
import * as Effect from "effect/Effect"
import { make } from "../../domain/Event.ts"
import { isErasable } from "../../domain/erasable.ts"
import { nextText } from "../../domain/Next.ts"
import { SnapshotFailed } from "../../snapshot/SnapshotStore.ts"
import { foldersOf } from "../world.ts"
import { quietly, type Work } from "./Work.ts"

/** The last snapshot, whose archives have been verified. */
const lastSnapshot = ({ app, state }: Work) => {
  const id = state.down?.removed?.snapshot
  const found = state.snapshots.find((one) => one.id === id)
  return found?.verified === true
    ? Effect.succeed(found)
    : Effect.fail(
        new SnapshotFailed({
          app: app.name,
          operation: "erase",
          reason: `the last snapshot (${id ?? "none"}) is not verified, so no volume is deleted`,
          next: nextText(app.name, { do: "Verify" })
        })
      )
}

export const erase = Effect.fn("Step.erase")(function* (work: Work) {
  const { app, attempt, runtime, state } = work
  const { volumes: held } = yield* lastSnapshot(work)
  const asked = attempt.direction === "forward" && attempt.kind === "remove" ? attempt.volumes : []
  const isAsked = (name: string) => asked.includes(name) && held.some((one) => one.name === name)
  const present = yield* runtime.volumes(app, foldersOf(app, state))
  const doomed = present.filter((volume) => isAsked(volume.name) && isErasable(app, volume))
  yield* quietly(work, () => Effect.forEach(doomed, (volume) => runtime.removeVolume(app, volume), { discard: true }))
  return [make("DataRemoved", { volumes: asked.filter(isAsked) })] as const
})
