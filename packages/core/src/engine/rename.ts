/**
 * Renames an app that is down: its log goes on under the new name, and its folder moves there.
 *
 * First the log of the former name ends (`AppRenamed`): from then on, nothing is done under it. Then the configuration, the
 * folder and what the engine keeps get the new name, each at once, and the log of the new name begins (`AppContinued`). If
 * lastgood is killed in between, the next command on the new name finishes it; before the configuration has the new name,
 * the same `rename` does.
 */
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import { holdsFiles, moveWithClaim, namesIn } from "../disk/appFolder.ts"
import type { App } from "../domain/App.ts"
import { appName } from "../domain/appName.ts"
import { make } from "../domain/Event.ts"
import { advise, nextText } from "../domain/Next.ts"
import { refusedAsRenamed, refusedRenaming } from "../domain/renaming.ts"
import type { AppState } from "../domain/State.ts"
import { isMountPoint } from "../host/Mounts.ts"
import { Runtimes } from "../runtime/Runtime.ts"
import { Faults } from "./Faults.ts"
import { Journal } from "./Journal.ts"
import { Actor } from "./Observer.ts"
import { onDisk, rejected } from "./rejected.ts"
import { together } from "./together.ts"

/** The app under another name. */
export const named = (app: App, name: string): App => ({ ...app, name, dir: join(dirname(app.dir), name) })

/** Moves the rest, and begins the log of the new name. Under the claims on both names. */
const complete = Effect.fnUntraced(function* (app: App, from: App) {
  const journal = yield* Journal
  const faults = yield* Faults
  const { version } = yield* journal.load(from.name)
  const fresh = yield* journal.load(app.name)
  if (fresh.version > 0) {
    return yield* rejected(app.name, `the log has events of ${app.name} already`, { do: "Log" })
  }
  yield* faults.at("forward", "move", "before")
  yield* onDisk(from.name)(moveWithClaim(from.dir, app.dir))
  yield* faults.at("forward", "move", "after")
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const commits = yield* onDisk(from.name)(namesIn(join(app.dir, "releases")))
  yield* runtime.renameReleases?.(app, from.name, commits) ?? Effect.void
  yield* faults.at("forward", "continue", "before")
  const folders = { from: from.dir, to: app.dir }
  const event = make("AppContinued", { app: app.name, from: from.name, version, folders })
  yield* journal.append(app.name, fresh, null, [event])
  yield* faults.at("forward", "continue", "after")
  return yield* journal.load(app.name)
})

/** The names whose log ends with a rename that goes on nowhere yet, by the new name. */
const unfinishedRenames = Effect.gen(function* () {
  const journal = yield* Journal
  const begun = new Map<string, string>()
  // A log can come from elsewhere, and a name in it be a path.
  for (const name of (yield* journal.names).filter((one) => appName.test(one))) {
    const state = yield* journal.load(name).pipe(
      // Another app that cannot be read keeps this one from nothing.
      Effect.catchTag("EventUndecodable", () => Effect.succeed(null))
    )
    const to = state?.renamed?.to
    if (to !== undefined && !begun.has(to)) begun.set(to, name)
  }
  return begun
}).pipe(together)

/** The name whose log ends with a rename to this one, which goes on nowhere yet; null: none. */
const unfinished = (app: string) => Effect.map(unfinishedRenames, (begun) => begun.get(app) ?? null)

/** The unfinished renames for looks at some apps, former names by new ones. Only an app without a log can wait for one. */
export const renamesTo = Effect.fnUntraced(function* (apps: ReadonlyArray<string>) {
  const known = new Set(yield* (yield* Journal).names)
  const begun: ReadonlyMap<string, string> = apps.every((app) => known.has(app)) ? new Map() : yield* unfinishedRenames
  return begun
})

/**
 * The state of an app without a log: it waits for a rename to its name, if one was interrupted.
 *
 * @param renames `renamesTo` it.
 */
export const awaitingRename = (app: string, state: AppState, renames: ReadonlyMap<string, string>): AppState => {
  const former = state.version === 0 ? renames.get(app) : undefined
  if (former === undefined) return state
  const next = nextText(former, { do: "Rename", to: app })
  return { ...state, down: { reason: `${former} is being renamed to it`, next, asked: true } }
}

/**
 * Finishes a rename to this name, if one was interrupted. Under the claim on it.
 *
 * @returns its state, and the claim that came with its folder; null: no folder came.
 */
export const finishRename = Effect.fnUntraced(function* (app: App) {
  const state = yield* (yield* Journal).load(app.name)
  const name = state.version === 0 ? yield* unfinished(app.name) : null
  if (name === null) return { state, claim: null }
  const from = named(app, name)
  // Until the caller is done: it is the claim on the folder that moves here.
  const claim = yield* (yield* Claims).hold(from, yield* Actor, 0)
  return { state: yield* Effect.uninterruptible(complete(app, from)), claim }
})

/** What renaming finds. `isBegun`: the log of the former name has ended. */
export interface Renamable {
  readonly state: AppState
  readonly isBegun: boolean
}

/** Fails if the app may not have that name. Changes nothing. */
export const renamable = Effect.fn("Engine.renamable")(function* (app: App, to: App) {
  const journal = yield* Journal
  const state = yield* journal.load(app.name)
  if (state.renamed?.to === to.name) return { state, isBegun: true } satisfies Renamable
  if (state.renamed !== undefined) return yield* rejected(app.name, ...refusedAsRenamed(state.renamed))
  const taken = yield* journal.load(to.name)
  if (taken.formerNames?.includes(app.name) === true) {
    return yield* rejected(app.name, `it is ${to.name} already`, nextText(to.name, { do: "Log" }))
  }
  const former = state.version === 0 ? yield* unfinished(app.name) : null
  if (former !== null) {
    const next = advise`finish it first: ${{ do: "Rename", to: app.name }}`
    return yield* rejected(app.name, `${former} is being renamed to it`, nextText(former, next))
  }
  const refused = refusedRenaming(state)
  if (refused !== null) return yield* rejected(app.name, refused.reason, refused.next)
  if (taken.version > 0) {
    // Its log ended with a rename: what other logs say of this name must not mean two apps.
    const isFormer = state.formerNames?.includes(to.name) === true
    const reason = isFormer
      ? `it was ${to.name} before, and a name in the log stands for one app at a time`
      : `the log has events of ${to.name} already`
    return yield* rejected(app.name, reason, "choose another name")
  }
  if (yield* onDisk(app.name)(holdsFiles(to.dir))) {
    return yield* rejected(app.name, `${to.dir} is not empty`, "move its files away, or choose another name")
  }
  const mounted = yield* Effect.sync(() => [app.dir, to.dir].find(isMountPoint))
  if (mounted !== undefined) {
    const next = "unmount it, put its files into the folder itself, then run the same command again"
    return yield* rejected(app.name, `${mounted} is a mount point, which cannot be renamed`, next)
  }
  const runtime = yield* (yield* Runtimes).get(to.runtime)
  if ((yield* runtime.inspect(app)).present) {
    return yield* rejected(app.name, "it is running, although the log says that it is down", { do: "Doctor" })
  }
  return { state, isBegun: false } satisfies Renamable
})

/**
 * @param to the app with its new name.
 * @param configure writes the new name into the configuration, if it is not there.
 * @param waitMs how long to wait for the claims, in milliseconds.
 */
export const rename = Effect.fn("Engine.rename")(function* <E, R>(
  app: App,
  to: App,
  configure: Effect.Effect<void, E, R>,
  waitMs: number
) {
  const journal = yield* Journal
  const claims = yield* Claims
  const faults = yield* Faults
  const by = yield* Actor
  // A claim makes the folder.
  yield* renamable(app, to)
  yield* claims.hold(app, by, waitMs)
  yield* claims.hold(to, by, waitMs)
  const { isBegun, state } = yield* renamable(app, to)
  return yield* Effect.uninterruptible(
    Effect.gen(function* () {
      yield* faults.at("forward", "rename", "before")
      if (!isBegun) yield* journal.append(app.name, state, null, [make("AppRenamed", { to: to.name, by })])
      yield* faults.at("forward", "rename", "after")
      yield* configure
      yield* faults.at("forward", "configure", "after")
      return yield* complete(to, app)
    })
  )
}, Effect.scoped)
