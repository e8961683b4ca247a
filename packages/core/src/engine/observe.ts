/** Turns a request into a command for `decide`: adds times, ids and the observed state of app and host. */
import * as Clock from "effect/Clock"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { Commands } from "../command/Commands.ts"
import type { App, PluggedApp } from "../domain/App.ts"
import type { Command, Observed } from "../domain/Decision.ts"
import { downtimeText } from "../domain/downtime.ts"
import { isErasable } from "../domain/erasable.ts"
import { advise, nextText, runningVersion } from "../domain/Next.ts"
import { deployPlan } from "../domain/Plan.ts"
import type { Ref } from "../domain/Ref.ts"
import { removedData } from "../domain/removedData.ts"
import type { AppState } from "../domain/State.ts"
import { isPrerelease } from "../domain/Version.ts"
import type { HostFolders, Runtime } from "../runtime/Runtime.ts"
import { type Looking, VersionSource } from "../version/VersionSource.ts"
import { effectiveFor } from "./effective.ts"
import { foldersFor, hazardsOf, heldOf, knownIn, nothingFound } from "./hazards.ts"
import { lookingFor } from "./looking.ts"
import { Actor } from "./Observer.ts"
import { observedIn } from "./observed.ts"
import { observeUpgrade } from "./observeUpgrade.ts"
import { CommandRejected, type Finishing, type Request, type Unobserved } from "./Request.ts"
import { areSettingsChanged } from "./settingsChanged.ts"
import { versionNamed } from "./versionNamed.ts"
import { foldersOf, type World } from "./world.ts"

/** The version of an app that lastgood did not deploy, if its images tell it. */
const asItRuns = Effect.fnUntraced(function* (app: App, runtime: Runtime, { present }: Observed, looking: Looking) {
  if (!present || runtime.runningImages === undefined) return null
  return yield* (yield* VersionSource).asRuns(app, looking, yield* runtime.runningImages(app))
})

const deployTarget = Effect.fnUntraced(function* (
  app: App,
  runtime: Runtime,
  state: AppState,
  { fetch, to, withoutData = false }: Extract<Request, { _tag: "Deploy" }>
) {
  const looking = lookingFor(app, runtime, state, fetch)
  if (to !== null) return (yield* versionNamed(app, to, looking)).offer
  const { data, lastGood } = state
  if (data !== null && lastGood !== null && data.version !== lastGood.version) {
    return yield* new CommandRejected({
      app: app.name,
      reason: `its data was last used by ${data.version}, but the last good version is ${lastGood.version}`,
      next: nextText(
        app.name,
        advise`${{ do: "Rollback" }} (version and data), or ${{ do: "Deploy", to: data.version, withoutData }}`
      )
    })
  }
  if (data !== null) return data
  const offers = yield* (yield* VersionSource).list(app, looking)
  const newest = offers.findLast((o) => !isPrerelease(o.version)) ?? offers.at(-1)
  if (newest !== undefined) return newest
  return yield* new CommandRejected({
    app: app.name,
    reason: `the recipe ${app.recipe} has no versions`,
    next: "tag one, for example: git tag 1.0.0+1.0.0"
  })
})

/** A start is a deploy of the version that the data belongs to. */
const deployOf = Effect.fnUntraced(function* (
  app: App,
  state: AppState,
  request: Extract<Request, { _tag: "Deploy" | "Start" }>
) {
  if (request._tag === "Deploy") return request
  const gone = removedData(state)
  if (gone !== null) {
    return yield* new CommandRejected({ app: app.name, reason: gone.reason, next: nextText(app.name, gone.next) })
  }
  if (state.data !== null) return { _tag: "Deploy", to: null, fetch: false } as const
  return yield* new CommandRejected({
    app: app.name,
    reason: "it has not been deployed yet, so there is no version to start",
    next: nextText(app.name, { do: "Deploy" })
  })
})

/** The volumes to delete: all that are lastgood's to delete, or those that the operator agreed to. */
const doomedIn = Effect.fnUntraced(function* (
  app: App,
  runtime: Runtime,
  { data }: HostFolders,
  agreed: ReadonlyArray<string> | undefined
) {
  const present = yield* runtime.volumes(app, foldersOf(app, { folders: data }))
  const names = present.filter((volume) => isErasable(app, volume)).map(({ name }) => name)
  const unasked = names.filter((name) => agreed !== undefined && !agreed.includes(name))
  if (unasked.length === 0) return names
  return yield* new CommandRejected({
    app: app.name,
    reason: `it has other volumes than you agreed to delete: ${unasked.join(", ")}`,
    next: "run the same command again"
  })
})

const refOf = ({ version, commit }: Ref): Ref => ({ version, commit })

/**
 * @param claimed false: without the app's claim, so that nothing is written.
 * @returns the command for `decide`, its release notes and data folders. Fails if the request cannot become a command.
 */
export const observe = Effect.fn("Engine.observe")(function* (
  app: PluggedApp,
  runtime: Runtime,
  state: AppState,
  request: Exclude<Finishing, Unobserved | { _tag: "Resume" }>,
  world: World,
  claimed = true
) {
  if (request._tag === "Upgrade") return yield* observeUpgrade(app, runtime, state, request, world)
  const observed = observedIn(state, world)
  const isDrifted = observed.drift !== null
  const now = yield* Clock.currentTimeMillis
  const asked = { id: yield* (yield* SecureRandom).uuidV7(), now }
  // The filters come from the version that the data belongs to.
  const kept = effectiveFor(app, runtime, { running: state.running ?? state.data, target: null })
  let known = knownIn(state)
  const command: Command = yield* Effect.gen(function* () {
    switch (request._tag) {
      case "Deploy":
      case "Start": {
        const wanted = yield* deployOf(app, state, request)
        const to = refOf(yield* deployTarget(app, runtime, state, wanted))
        const { withoutData = false } = wanted
        const envChanged = yield* areSettingsChanged(app, runtime, state)
        // A running app is not checked out again, so it keeps the env file that it was started with.
        const runs = observed.present && observed.converged && !isDrifted && !envChanged
        const captures = isDrifted || envChanged || withoutData || deployPlan(state.data, to).includes("snapshot")
        const { folders, refusals } = runs
          ? nothingFound(state)
          : yield* hazardsOf(yield* kept, runtime, state, to, { captures })
        const withoutVolumes = (yield* runtime.volumes(app, foldersOf(app, { folders: folders.data }))).length === 0
        const hazards = refusals
        known = folders
        return { _tag: "Deploy", ...asked, to, observed, withoutVolumes, withoutData, envChanged, hazards } as const
      }
      case "Snapshot":
      case "Remove": {
        const of = state.running ?? state.data
        const looked =
          of === null || isDrifted
            ? nothingFound(state)
            : yield* hazardsOf(yield* kept, runtime, state, of, { comesBack: true })
        const hazards = looked.refusals
        known = looked.folders
        if (request._tag === "Snapshot") return { _tag: "Snapshot", ...asked, observed, hazards } as const
        const volumes = request.data ? yield* doomedIn(app, runtime, known, request.volumes) : []
        return { _tag: "Remove", ...asked, by: yield* Actor, volumes, observed, hazards } as const
      }
      case "Stop": {
        const of = state.running ?? state.data
        const looked =
          of === null || !observed.present
            ? nothingFound(state)
            : yield* hazardsOf(yield* kept, runtime, state, of, { comesBack: true, captures: false })
        const hazards = looked.refusals
        known = looked.folders
        return { _tag: "Stop", ...asked, by: yield* Actor, observed, hazards } as const
      }
      case "Promote": {
        // The running version is adopted unchanged.
        yield* runtime.inspect(app, { takeOver: claimed })
        // LAW-16: a version deployed without lastgood is not the one in the log.
        const said = isDrifted ? null : (state.running?.version ?? null)
        // A stopped app cannot be promoted; `decide` names the remedy.
        const was = observed.present ? null : (state.running ?? state.data)
        const version = request.version ?? observed.version ?? said ?? was?.version ?? null
        const looking = lookingFor(app, runtime, state, false)
        const offer =
          version === null
            ? yield* asItRuns(app, runtime, observed, looking)
            : (yield* versionNamed(app, version, looking)).offer
        if (offer === null) {
          return yield* new CommandRejected({
            app: app.name,
            reason: "neither the runtime nor the log knows which version is running",
            next: nextText(app.name, { do: "Promote", version: runningVersion })
          })
        }
        const of = refOf(offer)
        const looked = request.capture
          ? yield* hazardsOf(yield* kept, runtime, state, of, { comesBack: true })
          : { refusals: [], folders: yield* foldersFor(app, runtime, state, of), bytes: null }
        if (observed.present && looked.bytes !== null) {
          yield* Effect.logInfo(downtimeText(app.name, looked.bytes, !request.teardown))
        }
        const hazards = looked.refusals
        known = looked.folders
        const { capture, teardown, withoutData = false } = request
        return { _tag: "Promote", ...asked, of, observed, capture, teardown, withoutData, hazards } as const
      }
      case "Try": {
        const { command: wanted, fetch, ref } = request
        const program = wanted?.argv[0] ?? null
        if (program !== null) yield* (yield* Commands).find(program)
        const versions = yield* VersionSource
        const looking = lookingFor(app, runtime, state, fetch)
        if (fetch) yield* versions.list(app, looking)
        const to = yield* versions.resolve(app, ref, looking)
        const looked =
          observed.present && !isDrifted ? yield* hazardsOf(yield* kept, runtime, state, to) : nothingFound(state)
        const hazards = looked.refusals
        known = looked.folders
        return { _tag: "Try", ...asked, to, program, observed, hazards } as const
      }
      case "Approve": {
        const { offer } = yield* versionNamed(app, request.version, lookingFor(app, runtime, state, request.fetch))
        return { _tag: "Approve", ...asked, to: refOf(offer) } as const
      }
      case "Rollback":
      case "Restore": {
        const hazards = observed.present ? yield* heldOf(kept, runtime, state) : []
        return { _tag: request._tag, ...asked, snapshot: request.snapshot, hazards } as const
      }
    }
  })
  return { command, releaseNotes: [], folders: known }
})
