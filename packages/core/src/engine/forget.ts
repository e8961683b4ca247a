/**
 * Forgets a removed app that is no longer configured: ends its log, and deletes its folder with its snapshots.
 *
 * The log comes first. If lastgood is killed in between, the folder is whole and lastgood does not use it any more; the same
 * command deletes it. Half a folder never has the app's name: one rename hides it before it is deleted.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { Claims } from "../claim/Claims.ts"
import { exists, leftOf, moveFolder, namesIn, trashOf } from "../disk/appFolder.ts"
import type { App } from "../domain/App.ts"
import { make } from "../domain/Event.ts"
import { refusedForgetting } from "../domain/forgetting.ts"
import { advise } from "../domain/Next.ts"
import { runtimeKinds } from "../domain/RuntimeKind.ts"
import type { AppState } from "../domain/State.ts"
import { isMountPoint } from "../host/Mounts.ts"
import { EventStore } from "../log/EventStore.ts"
import { eachPage } from "../log/eachPage.ts"
import { removeTree } from "../removal/removeTree.ts"
import { Runtimes } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { Faults } from "./Faults.ts"
import { Journal, streamOf } from "./Journal.ts"
import { Actor } from "./Observer.ts"
import { onDisk, rejected } from "./rejected.ts"

/** What forgetting an app deletes. `isBegun`: its log has ended already, and its folder is still there. */
export interface Forgettable {
  readonly state: AppState
  readonly isBegun: boolean
}

const lastEventOf = Effect.fnUntraced(function* (app: string, version: number) {
  const [last] = version === 0 ? [] : yield* (yield* EventStore).read(streamOf(app), version - 1, 1)
  return last ?? null
})

/** The data of an app of the runtime `local` is in its folder. */
const assertNoData = Effect.fnUntraced(function* (app: App) {
  const folder = join(app.dir, "volumes")
  const left = (yield* onDisk(app.name)(namesIn(folder))).filter((name) => !name.startsWith("."))
  if (left.length === 0) return
  return yield* rejected(
    app.name,
    `its data is still in ${folder}: ${left.join(", ")}`,
    advise`move it away, or put the app back under apps: in the configuration, then run ${{ do: "Remove", data: true }}`
  )
})

/** Only the log knows where data is that was set aside on another mount. */
const assertNoAsides = Effect.fnUntraced(function* (app: App, state: AppState) {
  const paths = state.aside.flatMap(({ volumes }) => volumes.map(({ path }) => path))
  const outside = paths.filter((path) => !path.startsWith(`${app.dir}/`))
  const left = yield* onDisk(app.name)(Effect.filter(outside, exists))
  if (left.length === 0) return
  return yield* rejected(app.name, `data that was set aside is in ${left.join(", ")}`, "move it away, or delete it")
})

/** Fails if the app may not be forgotten. Changes nothing. */
export const forgettable = Effect.fn("Engine.forgettable")(function* (app: App) {
  const state = yield* (yield* Journal).load(app.name)
  const last = yield* lastEventOf(app.name, state.version)
  if (last === null) return yield* rejected(app.name, "the log does not know it", { do: "Status", offline: false })
  const isBegun = last.type === "AppForgotten"
  if (isBegun && (yield* onDisk(app.name)(leftOf(app.dir))) === null) {
    return yield* rejected(app.name, "it is forgotten already", { do: "Log" })
  }
  if (last.type === "AppRenamed" && state.renamed === undefined) {
    return yield* rejected(app.name, "it goes on under another name", { do: "Log" })
  }
  if (yield* Effect.sync(() => isMountPoint(app.dir))) {
    const next = "unmount it, then run the same command again: the files of that filesystem stay"
    return yield* rejected(app.name, `${app.dir} is a mount point, which cannot be renamed`, next)
  }
  const refused = refusedForgetting(state)
  if (refused !== null) return yield* rejected(app.name, refused.reason, refused.next)
  yield* assertNoData(app)
  yield* assertNoAsides(app, state)
  return { state, isBegun } satisfies Forgettable
})

/** A line in the host's log, once. */
const noteOnHost = Effect.fnUntraced(function* (app: App, host: App, by: string) {
  const journal = yield* Journal
  const { version } = yield* journal.load(app.name)
  const hash = (yield* lastEventOf(app.name, version))?.hash ?? ""
  let isNoted = false
  yield* eachPage(streamOf(host.name), (page) =>
    Effect.sync(() => {
      isNoted = page.some(
        ({ data, type }) => type === "ForgettingNoted" && Predicate.hasProperty(data, "hash") && data.hash === hash
      )
      return !isNoted
    })
  )
  if (isNoted) return
  const event = make("ForgettingNoted", { app: app.name, by, version, hash })
  yield* journal.append(host.name, yield* journal.load(host.name), null, [event])
})

/** The runtime that ran it last, by its log, which an earlier name may have begun. */
const runtimeOf = Effect.fnUntraced(function* (app: App) {
  const names: Array<unknown> = []
  yield* eachPage(streamOf(app.name), (page) =>
    Effect.sync(() => {
      for (const { data, type } of page) {
        if (type === "AppRegistered" && Predicate.hasProperty(data, "runtime")) names.push(data.runtime)
      }
      return true
    })
  )
  return runtimeKinds.find((kind) => kind === names.at(-1)) ?? null
})

/** What keeps the images of its releases on the engine. A failure costs disk space, which `docker image prune` frees. */
const forgetReleases = Effect.fnUntraced(
  function* (app: App) {
    const removed = yield* (yield* VersionSource).prune(app, [])
    const kind = yield* runtimeOf(app)
    if (kind === null) return
    const runtime = yield* (yield* Runtimes).get(kind)
    yield* runtime.forgetReleases?.({ ...app, runtime: kind }, removed) ?? Effect.void
  },
  (effect) => Effect.ignore(effect)
)

const removeTrash = Effect.fnUntraced(function* (app: App) {
  const trash = trashOf(app.dir)
  yield* removeTree(trash).pipe(
    Effect.mapError(({ message }) =>
      rejected(app.name, `${trash} cannot be removed: ${message}`, "remove it by hand; nothing else depends on it")
    )
  )
})

/**
 * @param host the host as an app, for its log.
 * @param waitMs how long to wait for the claims, in milliseconds.
 */
export const forget = Effect.fn("Engine.forget")(function* (app: App, host: App, waitMs: number) {
  const journal = yield* Journal
  const faults = yield* Faults
  // The claim makes the folder.
  yield* forgettable(app)
  yield* (yield* Claims).hold(app, yield* Actor, waitMs)
  const { isBegun, state } = yield* forgettable(app)
  const by = yield* Actor
  yield* Effect.uninterruptible(
    Effect.gen(function* () {
      if (!isBegun) {
        yield* faults.at("forward", "forget", "before")
        const snapshots = state.snapshots.map(({ id }) => id)
        yield* journal.append(app.name, state, null, [make("AppForgotten", { by, snapshots })])
        yield* faults.at("forward", "forget", "after")
      }
      yield* (yield* Claims).hold(host, by, waitMs)
      yield* noteOnHost(app, host, by)
      yield* forgetReleases(app)
      yield* faults.at("forward", "hide", "before")
      yield* removeTrash(app)
      yield* onDisk(app.name)(moveFolder(app.dir, trashOf(app.dir)))
      yield* faults.at("forward", "hide", "after")
      yield* removeTrash(app)
    })
  )
  return state
}, Effect.scoped)
