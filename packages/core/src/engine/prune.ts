/**
 * Removes snapshots and set-aside data because an operator says so, and the releases that nothing needs any more. Not an
 * attempt: the app is not touched, and an attempt in flight stays as it is, since it may wait for this very space.
 *
 * The event of a snapshot comes before the removal. If lastgood is killed in between, the snapshot is still whole on disk,
 * listed, and removed by the same command; the other order would look like a loss. Set-aside data is removed first: only the
 * log knows where it is.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PluggedApp } from "../domain/App.ts"
import { type Event, make } from "../domain/Event.ts"
import { nextText } from "../domain/Next.ts"
import { type Pruning, refusedPruning } from "../domain/pruning.ts"
import { keptReleases, prunable, prunableAside } from "../domain/retention.ts"
import type { AppState } from "../domain/State.ts"
import type { VersionConflict } from "../log/EventStore.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { effectiveFor } from "./effective.ts"
import type { JournalError } from "./Journal.ts"
import { CommandRejected, type Report, type Request } from "./Request.ts"
import { withoutAttempt } from "./report.ts"
import { withAsides } from "./steps/finish.ts"
import { foldersOf } from "./world.ts"

type Prune = Extract<Request, { readonly _tag: "Prune" }>

type Chosen = Pruning & { readonly reasons: ReadonlyMap<string, string> }

const byOperator = "an operator removed it"

/** What is still to be removed, now that no other lastgood works on the app. */
const chosenOf = Effect.fnUntraced(function* (app: PluggedApp, runtime: Runtime, state: AppState, asked: Prune) {
  if (asked.by === "operator") {
    return { ...asked, reasons: new Map(asked.snapshots.map((id) => [id, byOperator])) } satisfies Chosen
  }
  const { running } = state
  const { snapshot } = yield* effectiveFor(app, runtime, { running, target: running })
  const now = yield* Clock.currentTimeMillis
  const go = prunable(state, snapshot, now).filter(({ id }) => asked.snapshots.includes(id))
  const expired = prunableAside(state, now).filter((id) => asked.asides.includes(id))
  return {
    snapshots: go.map(({ id }) => id),
    asides: expired,
    reasons: new Map(go.map(({ id, why }) => [id, why]))
  } satisfies Chosen
})

/** LAW-4: also whatever the log says, the newest snapshot on disk stays. */
const assertNotNewest = Effect.fnUntraced(function* (app: PluggedApp, snapshots: ReadonlyArray<string>) {
  const store = yield* SnapshotStore
  const kept = [yield* store.current(app), (yield* store.list(app)).at(-1)?.id]
  const newest = snapshots.find((id) => kept.includes(id))
  if (newest === undefined) return
  return yield* new CommandRejected({
    app: app.name,
    reason: `snapshot ${newest} is not removed: it is the newest on disk`,
    next: nextText(app.name, { do: "Snapshot" })
  })
})

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/**
 * @param record appends to the app's stream.
 * @returns what was removed, in `why`.
 */
export const prune = Effect.fn("Engine.prune")(
  function* (
    app: PluggedApp,
    runtime: Runtime,
    before: AppState,
    asked: Prune,
    record: (
      state: AppState,
      events: readonly [Event, ...Array<Event>]
    ) => Effect.Effect<AppState, JournalError | VersionConflict>
  ) {
    const store = yield* SnapshotStore
    const { asides, reasons, snapshots } = yield* chosenOf(app, runtime, before, asked)
    const refused = refusedPruning(before, { asides, snapshots })
    if (refused !== null) {
      const next = nextText(app.name, refused.next)
      return yield* new CommandRejected({ app: app.name, reason: refused.reason, next })
    }
    yield* assertNotNewest(app, snapshots)
    let state = before
    const known = snapshots.filter((id) => before.snapshots.some((one) => one.id === id))
    const [first, ...rest] = known.map((id) =>
      make("SnapshotPruned", { snapshot: id, reason: reasons.get(id) ?? byOperator })
    )
    if (first !== undefined) state = yield* record(state, [first, ...rest])
    yield* Effect.forEach(snapshots, (id) => store.remove(app, id), { discard: true })
    const mine = asides.filter((id) => before.aside.some(({ attempt }) => attempt === id))
    if (mine.length > 0) {
      const volumes = yield* runtime.volumes(app, foldersOf(app, state))
      for (const id of mine) {
        yield* store.removeAside(app, id, withAsides(state, id, volumes))
        state = yield* record(state, [make("AsidePruned", { attempt: id })])
      }
    }
    const releases = yield* (yield* VersionSource).prune(app, keptReleases(state))
    yield* Effect.ignore(runtime.forgetReleases?.(app, releases) ?? Effect.void)
    const done = [
      ...(snapshots.length === 0 ? [] : [plural(snapshots.length, "snapshot", "snapshots")]),
      ...(mine.length === 0 ? [] : [`the data that ${plural(mine.length, "attempt", "attempts")} set aside`]),
      ...(releases.length === 0 ? [] : [plural(releases.length, "release", "releases")])
    ]
    const report: Report =
      done.length === 0
        ? withoutAttempt(app.name, state, { outcome: "nothing", why: "nothing has to be removed" })
        : withoutAttempt(app.name, state, { outcome: "recorded", why: `removed ${done.join(", ")}` })
    return report
  },
  // An error of the disk or the snapshot is about this command, not about an attempt.
  Effect.catchTag("SnapshotFailed", ({ app, message, next }) =>
    Effect.fail(new CommandRejected({ app, reason: message, next }))
  )
)
