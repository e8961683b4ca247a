/** A refusal for lack of space names what of the app can go, how much each frees, and only what is on that filesystem. */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { advise, type Next, nextText } from "../domain/Next.ts"
import { neededSnapshots } from "../domain/pruning.ts"
import type { AppState } from "../domain/State.ts"
import { size } from "../domain/size.ts"
import { SnapshotFailed, SnapshotStore } from "../snapshot/SnapshotStore.ts"

interface Freed {
  readonly command: Next
  readonly bytes: number
}

/** The rest is in `lastgood snapshots` and `lastgood aside`. */
const mostNamed = 5

const candidates = Effect.fnUntraced(function* (app: App, state: AppState, full: string) {
  const needed = neededSnapshots(state)
  const asides = state.aside.filter(({ attempt }) => attempt !== state.attempt?.id)
  const paths = asides.flatMap(({ volumes }) => volumes.map(({ path }) => path))
  const { others, snapshots } = yield* (yield* SnapshotStore).onFilesystemOf(app, full, paths)
  const known = snapshots.filter(({ id }) => state.snapshots.some((one) => one.id === id) && !needed.has(id))
  const ofSnapshots = known.map(
    ({ bytes, id }): Freed => ({ command: { do: "PruneSnapshots", snapshots: [id] }, bytes })
  )
  const ofAsides = asides.flatMap(({ attempt, volumes }): ReadonlyArray<Freed> => {
    const bytes = others
      .filter(({ path }) => volumes.some((volume) => volume.path === path))
      .reduce((sum, one) => sum + one.bytes, 0)
    return bytes === 0 ? [] : [{ command: { do: "PruneAside", attempts: [attempt] }, bytes }]
  })
  return [...ofSnapshots, ...ofAsides].filter(({ bytes }) => bytes > 0)
})

/** @returns the same error; its `next` also names the commands that free space where it is missing. */
export const withWhatFrees = Effect.fnUntraced(function* (app: App, state: AppState, error: SnapshotFailed) {
  if (error.noRoom !== true || error.full === undefined) return error
  const found = yield* candidates(app, state, error.full).pipe(
    Effect.catch((trouble) => Effect.as(Effect.logDebug(trouble.message), []))
  )
  if (found.length === 0) return error
  const named = found.toSorted((a, b) => b.bytes - a.bytes).slice(0, mostNamed)
  const texts = named.map(({ bytes, command }) => nextText(app.name, advise`\`${command}\` frees ${size(bytes)}`))
  const rest = found.length - named.length
  const more = rest === 0 ? "" : `, and ${rest} more: \`${nextText(app.name, { do: "Snapshots" })}\``
  return new SnapshotFailed({ ...error, next: `${texts.join(", ")}${more}; or ${error.next}` })
})
