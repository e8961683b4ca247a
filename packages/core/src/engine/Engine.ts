import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ClaimFailed, Claims, type Locked } from "../claim/Claims.ts"
import type { CommandMissing, Commands } from "../command/Commands.ts"
import type { App, EffectiveApp, PluggedApp } from "../domain/App.ts"
import { type Decision, type Refusal, refusalText } from "../domain/Decision.ts"
import { decide } from "../domain/decide.ts"
import { driftDuring } from "../domain/drift.ts"
import { make } from "../domain/Event.ts"
import { isSameSet, union } from "../domain/folders.ts"
import { advise, forApp, nextText } from "../domain/Next.ts"
import { expiry } from "../domain/policy/approval.ts"
import type { Breaker } from "../domain/policy/breaker.ts"
import { mayBegin, windowText } from "../domain/policy/window.ts"
import { driftEvents, driftRefusal } from "../domain/refuseDrift.ts"
import { type AppState, isProvenWell } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { mayGoOn } from "../domain/trying.ts"
import type { Drift, SeenVolume } from "../domain/World.ts"
import type { HealthGate } from "../health/HealthGate.ts"
import type { EventUndecodable } from "../log/Codec.ts"
import type { StoreUnavailable, VersionConflict } from "../log/EventStore.ts"
import type { AlertSinks } from "../notify/AlertSink.ts"
import { InheritedFds } from "../process/Tool.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import {
  type HostFolders,
  type Inspection,
  type Runtime,
  type RuntimeFailed,
  Runtimes,
  type RuntimeUnavailable
} from "../runtime/Runtime.ts"
import type { DataIdentity } from "../snapshot/DataIdentity.ts"
import type { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import type { RecipeUnavailable, VersionSource } from "../version/VersionSource.ts"
import { about } from "./about.ts"
import { adoptable } from "./adoptSnapshots.ts"
import { deliverAlerts } from "./alerts.ts"
import { decides, isAnswered, isWord } from "./answered.ts"
import { makeDriver } from "./drive.ts"
import { type DryRun, dryRunOf, resumedFirst } from "./dryRun.ts"
import { effectiveFor, versionsOf } from "./effective.ts"
import { Journal } from "./Journal.ts"
import { filterNotes } from "./leftOut.ts"
import { butUnasked } from "./looking.ts"
import { Actor, Configured } from "./Observer.ts"
import { observe, observeUpgrade, observeWord } from "./observe.ts"
import { hostBreaker } from "./others.ts"
import { Projections } from "./Projections.ts"
import { previewOf } from "./preview.ts"
import {
  type Asked,
  CommandRejected,
  type Preview,
  type Report,
  type Request,
  type ToldRefusal,
  tell,
  type Word
} from "./Request.ts"
import { releaseChanges } from "./releaseChanges.ts"
import { reportOf, withoutAttempt } from "./report.ts"
import { areSettingsChanged } from "./settingsChanged.ts"
import { eventsOf, type Glance, glanceAt, type Noted, noRuntime } from "./watch.ts"
import { lookAtWorld, type World } from "./world.ts"

export type EngineError =
  | CommandRejected
  | Locked
  | ClaimFailed
  | StoreUnavailable
  | VersionConflict
  | EventUndecodable
  | RuntimeUnavailable
  | RuntimeFailed
  | RecipeUnavailable
  | CommandMissing

type Ports =
  | Runtimes
  | SnapshotStore
  | DataIdentity
  | VersionSource
  | HealthGate
  | Commands
  | SecureRandom
  | AlertSinks
  | Journal
/** An app as observed now, with its state from the log. */
export interface Look {
  readonly state: AppState
  readonly inspection: Inspection
  readonly volumes: ReadonlyArray<SeenVolume>
  /** How the app or its data differs from what lastgood left, and what to do; null: it does not. */
  readonly refusal: ToldRefusal | null
  /** The env file differs from the one that the running version was deployed with. */
  readonly envChanged: boolean
}

/** The input for acting on a decision. `id`: of the attempt that it may begin. */
interface Answering {
  readonly id: string
  readonly command: Asked | null
  /** Paths of the host that the app can write to. */
  readonly folders: HostFolders
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
}

export class Engine extends Context.Service<
  Engine,
  {
    /** The app's state, from the log alone. */
    readonly state: (app: App) => Effect.Effect<AppState, StoreUnavailable | EventUndecodable>
    /**
     * Finishes an attempt that is in flight, then carries out the request. Holds the claim meanwhile. Interruption is safe at
     * any time: lastgood first finishes a step that keeps the app down, up to the deploy, and the whole rollback of a try.
     *
     * @param waitMs how long to wait for the claim, in milliseconds.
     */
    readonly run: (app: PluggedApp, request: Request, waitMs?: number) => Effect.Effect<Report, EngineError>
    /** The effective settings for the running version, such as when to look for a newer one. */
    readonly effective: (
      app: PluggedApp
    ) => Effect.Effect<EffectiveApp, StoreUnavailable | EventUndecodable | RuntimeUnavailable>
    /** Checks the app's health once. Changes nothing, takes no claim. */
    readonly glance: (app: EffectiveApp) => Effect.Effect<Glance>
    /**
     * Records the result of several health checks, with its alert or notice. Fails with `Locked` if another process works on
     * the app.
     *
     * @param version of the app's stream when the checks began: the stream must not have changed since. null: any version.
     * @param waitMs how long to wait for the claim, in milliseconds.
     * @returns false if nothing was recorded: it is in the log already, or the app has changed since.
     */
    readonly note: (
      app: App,
      noted: Noted,
      version: number | null,
      waitMs?: number
    ) => Effect.Effect<boolean, EngineError>
    /** Compares the runtime and the disk with the log. Changes nothing, takes no claim. */
    readonly look: (app: App) => Effect.Effect<Look, EngineError>
    /** The breaker of the host (`Host`); null: it is closed. */
    readonly breaker: Effect.Effect<Breaker | null, StoreUnavailable | EventUndecodable>
    /** Returns what `run` with an upgrade would do now. Changes nothing, takes no claim. */
    readonly preview: (
      app: PluggedApp,
      request: Extract<Request, { _tag: "Upgrade" }>
    ) => Effect.Effect<Preview, EngineError>
    /** Returns what `run` would do now with any request. Changes nothing, takes no claim. */
    readonly dryRun: (
      app: PluggedApp,
      request: Exclude<Request, { _tag: "Resume" }>
    ) => Effect.Effect<DryRun, EngineError>
  }
>()("lastgood/engine/Engine") {
  static readonly layer = Layer.effect(
    Engine,
    Effect.gen(function* () {
      const journal = yield* Journal
      const runtimes = yield* Runtimes
      const claims = yield* Claims
      const projections = yield* Projections
      const ports = yield* Effect.context<Ports>()

      const { drive, record } = makeDriver(journal, projections)

      const registered = Effect.fnUntraced(function* (app: App, state: AppState) {
        const facts = { recipe: app.recipe, runtime: app.runtime, domain: app.domain, stack: app.stack }
        const known = state.registered
        const same =
          known !== null &&
          known.recipe === facts.recipe &&
          known.runtime === facts.runtime &&
          known.domain === facts.domain &&
          known.stack === facts.stack
        return same ? state : yield* record(app, state, null, [make("AppRegistered", facts)])
      })

      /** The log names every data folder before an attempt begins: nothing else does while the app is down. */
      const withFolders = (app: App, state: AppState, { data, external }: HostFolders) => {
        const paths = union(state.folders, data)
        const isKnown = isSameSet(paths, state.folders) && isSameSet(external, state.external)
        return isKnown
          ? Effect.succeed(state)
          : record(app, state, null, [make("DataFoldersNoted", { paths, external })])
      }

      /** The state, with the snapshots on disk that the log does not know. */
      const adopt = Effect.fnUntraced(function* (app: App, state: AppState) {
        const [first, ...rest] = yield* adoptable(app, state).pipe(
          Effect.catchTag("SnapshotFailed", ({ reason, next }) =>
            Effect.fail(new CommandRejected({ app: app.name, reason, next }))
          )
        )
        return first === undefined ? state : yield* record(app, state, null, [first, ...rest])
      })

      const known = (app: App, state: AppState) => (state.version > 0 ? Effect.succeed(state) : adopt(app, state))

      /** A hold with an end is over by itself; the log and the daemon's own log say so once. */
      const endHold = Effect.fnUntraced(function* (app: App, state: AppState) {
        const over = expiry(state, iso(yield* Clock.currentTimeMillis))
        if (over === null) return state
        yield* Effect.logInfo(`the hold is over (${state.held?.reason ?? ""}): automatic upgrades go on`)
        return yield* record(app, state, null, [over])
      })

      type Question = Exclude<Request, Word | { _tag: "Resume" }>

      /** The configuration changed while the world was observed. */
      const askAnew = Effect.fnUntraced(function* (
        present: PluggedApp | null,
        app: PluggedApp,
        state: AppState,
        request: Question
      ): Effect.fn.Return<Report, EngineError, Ports> {
        if (present === null) {
          return withoutAttempt(app.name, state, { outcome: "nothing", why: "it is no longer in the configuration" })
        }
        const runtime = yield* runtimes.get(present.runtime)
        return yield* ask(present, runtime, state, request, yield* lookAtWorld(present, runtime, state))
      })

      const ask = Effect.fnUntraced(function* (
        app: PluggedApp,
        runtime: Runtime,
        before: AppState,
        request: Question,
        world: World
      ): Effect.fn.Return<Report, EngineError, Ports> {
        // Drift is recorded when it is first seen, not by a decision.
        const { drift, judged } = yield* judge(app, before, world)
        const state = drift?.kind === "log-behind" ? yield* adopt(app, judged) : judged
        const { command: asked, folders, releaseNotes } = yield* observe(app, runtime, state, request, world)
        const command = request._tag === "Try" ? request.command : null
        const decision = decide(state, asked)
        if (decision._tag === "Nothing") {
          return withoutAttempt(app.name, state, { outcome: "nothing", why: decision.why + butUnasked(app, request) })
        }
        if (decision._tag === "Begin") {
          if (asked._tag === "Upgrade" && !mayBegin(asked.windows, asked.now)) {
            yield* Effect.logInfo(`not in its window ${windowText(asked.windows)}, which only binds the daemon`)
          }
          const present = yield* (yield* Configured)(app)
          if (present !== app) return yield* askAnew(present, app, state, request)
        }
        return yield* answer(app, runtime, state, decision, { id: asked.id, command, folders, releaseNotes })
      })

      const say = Effect.fnUntraced(function* (app: PluggedApp, runtime: Runtime, state: AppState, word: Word) {
        const asked = yield* observeWord(word)
        return yield* answer(app, runtime, state, decide(state, asked), {
          id: asked.id,
          command: null,
          folders: { data: state.folders, external: state.external },
          releaseNotes: []
        })
      })

      const answer = Effect.fnUntraced(function* (
        app: PluggedApp,
        runtime: Runtime,
        state: AppState,
        decision: Decision,
        { command, folders, id, releaseNotes }: Answering
      ) {
        switch (decision._tag) {
          case "Begin": {
            const known = yield* withFolders(app, yield* registered(app, state), folders)
            const begun = yield* record(app, known, id, decision.events)
            return reportOf(app.name, yield* drive(app, runtime, begun, { resumed: false, command }), { releaseNotes })
          }
          case "Record": {
            const after = yield* record(app, yield* registered(app, state), null, decision.events)
            return withoutAttempt(app.name, after, { outcome: "recorded" })
          }
          case "Refused": {
            const [first, ...rest] = decision.events
            const after =
              first === undefined ? state : yield* record(app, yield* registered(app, state), null, [first, ...rest])
            const told = tell(app.name, decision.refusal)
            return withoutAttempt(app.name, after, {
              outcome: "refused",
              why: refusalText(told),
              next: told.next,
              releaseNotes
            })
          }
          case "Rejected":
            return yield* new CommandRejected({
              app: app.name,
              reason: decision.reason,
              next: nextText(app.name, decision.next)
            })
          case "Nothing":
            return withoutAttempt(app.name, state, { outcome: "nothing", why: decision.why })
        }
      })

      /** Records drift, and its end, once each. */
      const judge = Effect.fnUntraced(function* (app: App, state: AppState, { seen }: World) {
        const drift = driftDuring(state, seen)
        const [first, ...rest] = driftEvents(state, drift, seen, yield* (yield* SecureRandom).uuidV7())
        const judged =
          first === undefined ? state : yield* record(app, yield* registered(app, state), null, [first, ...rest])
        return { drift, judged }
      })

      const refused = (app: App, state: AppState, refusal: Refusal): Report =>
        withoutAttempt(app.name, state, {
          outcome: "refused",
          why: refusalText(refusal),
          next: nextText(app.name, refusal.next)
        })

      /** LAW-16: an attempt is not resumed on drift. An operator's decision ends it. */
      const leftOrAbandoned = Effect.fnUntraced(function* (
        app: PluggedApp,
        runtime: Runtime,
        state: AppState,
        request: Exclude<Request, Word>,
        drift: Drift,
        world: World
      ) {
        if (request._tag === "Resume" || !decides(request, drift)) {
          return refused(app, state, driftRefusal(state, drift, world.seen))
        }
        const why = `not resumed: ${drift.what.join("; ")}`
        const ended = yield* record(app, state, state.attempt?.id || null, [make("AttemptAbandoned", { why })])
        return yield* ask(app, runtime, ended, request, world)
      })

      const resume = Effect.fnUntraced(function* (
        app: PluggedApp,
        runtime: Runtime,
        state: AppState,
        request: Request
      ) {
        const driven = yield* drive(app, runtime, state, { resumed: true, command: null })
        const finished = reportOf(app.name, driven, { resumed: true })
        const good = state.attempt !== null && mayGoOn(state.attempt, finished.outcome)
        if (request._tag === "Resume" || isAnswered(state, request)) return finished
        if (!good && !isWord(request)) return finished
        const now = yield* journal.load(app.name)
        const asked = isWord(request)
          ? yield* say(app, runtime, now, request)
          : yield* ask(app, runtime, now, request, yield* lookAtWorld(app, runtime, now))
        return good ? { ...asked, resumed: true } : finished
      })

      const finishAndAsk = Effect.fnUntraced(function* (app: PluggedApp, request: Request) {
        const runtime = yield* runtimes.get(app.runtime)
        const state = yield* endHold(app, yield* known(app, yield* journal.load(app.name)))
        yield* projections.write(app, state)
        if (isWord(request) && state.attempt === null) return yield* say(app, runtime, state, request)
        const world = yield* lookAtWorld(app, runtime, state)
        const { drift, judged } = yield* judge(app, state, world)
        if (judged.attempt === null && !isWord(request)) {
          if (request._tag !== "Resume") return yield* ask(app, runtime, judged, request, world)
          return drift === null
            ? withoutAttempt(app.name, judged, { outcome: "nothing", why: "no attempt was in flight" })
            : refused(app, judged, driftRefusal(judged, drift, world.seen))
        }
        if (drift === null) return yield* resume(app, runtime, judged, request)
        if (isWord(request)) return yield* say(app, runtime, judged, request)
        return yield* leftOrAbandoned(app, runtime, judged, request, drift, world)
      })

      const append = Effect.fnUntraced(function* (app: App, noted: Noted, version: number | null) {
        const state = yield* journal.load(app.name)
        if (version !== null && version !== state.version) return false
        const events = eventsOf(state, noted, iso(yield* Clock.currentTimeMillis))
        if (events !== null) yield* record(app, state, null, events)
        return events !== null
      })

      const note = Effect.fn("Engine.note")(function* (app: App, noted: Noted, version: number | null, waitMs = 0) {
        const { fd } = yield* claims.hold(app, yield* Actor, waitMs)
        return yield* append(app, noted, version).pipe(
          Effect.ensuring(Effect.ignore(deliverAlerts(app))),
          Effect.provideService(InheritedFds, [fd])
        )
      }, Effect.scoped)

      const run = Effect.fn("Engine.run")(function* (app: PluggedApp, request: Request, waitMs = 0) {
        const who = yield* Actor
        const { fd } = yield* claims.hold(app, who, waitMs)
        const report = yield* finishAndAsk(app, request).pipe(
          Effect.tap(({ attempt, outcome }) =>
            attempt !== null && isProvenWell(outcome)
              ? append(app, { _tag: "Well", by: "lastgood" }, null)
              : Effect.void
          ),
          Effect.ensuring(Effect.ignore(deliverAlerts(app))),
          Effect.provideService(InheritedFds, [fd])
        )
        return { ...report, why: forApp(app.name, report.why), next: forApp(app.name, report.next) }
      }, Effect.scoped)

      /** LAW-16: why an interrupted attempt is not resumed. */
      const leftBehind = Effect.fnUntraced(function* (app: App, runtime: Runtime, state: AppState) {
        if ((yield* claims.holder(app)) !== null) return null
        const { seen } = yield* lookAtWorld(app, runtime, state)
        const drift = driftDuring(state, seen)
        if (drift === null) return null
        return tell(app.name, driftRefusal(state, drift, seen))
      })

      const preview = Effect.fn("Engine.preview")(function* (
        app: PluggedApp,
        request: Extract<Request, { _tag: "Upgrade" }>
      ) {
        const runtime = yield* runtimes.get(app.runtime)
        const state = yield* journal.load(app.name)
        const left = state.attempt === null ? null : yield* leftBehind(app, runtime, state)
        if (state.attempt !== null && left !== null) {
          const { gate, next, reason } = left
          const shown = previewOf(yield* effectiveFor(app, runtime, versionsOf(state.attempt)), state, null, [])
          return { ...shown, action: "refused" as const, steps: [], why: reason, next, refusal: { gate, reason, next } }
        }
        const { running } = state
        const { bytes, command, releaseNotes, versions } =
          state.attempt === null
            ? yield* observeUpgrade(app, runtime, state, request, yield* lookAtWorld(app, runtime, state)).pipe(
                Effect.map(({ target, ...seen }) => ({ ...seen, versions: { running, target: target ?? running } }))
              )
            : { bytes: null, command: null, releaseNotes: [], versions: versionsOf(state.attempt) }
        const effective = yield* effectiveFor(app, runtime, versions)
        const shown = previewOf(effective, state, command, releaseNotes, bytes)
        const applied = advise`its env file has changed since it was deployed; to apply it: ${{ do: "Deploy" }}`
        const env = (yield* areSettingsChanged(app, runtime, state)) ? [nextText(app.name, applied)] : []
        const changes = yield* releaseChanges(app, runtime, versions.running, versions.target)
        const filtered = yield* filterNotes(effective, runtime, state)
        const why = shown.action === "nothing" ? shown.why + butUnasked(app, request) : shown.why
        return { ...shown, ...changes, why, notes: [...shown.notes, ...env, ...filtered] }
      })

      const dryRun = Effect.fn("Engine.dryRun")(function* (
        app: PluggedApp,
        request: Exclude<Request, { _tag: "Resume" }>
      ) {
        const state = yield* journal.load(app.name)
        if (isWord(request)) return dryRunOf(state, decide(state, yield* observeWord(request)), [])
        if (state.attempt !== null) return resumedFirst(state)
        const runtime = yield* runtimes.get(app.runtime)
        const world = yield* lookAtWorld(app, runtime, state)
        const { command, releaseNotes } = yield* observe(app, runtime, state, request, world, false)
        const shown = dryRunOf(state, decide(state, command), releaseNotes)
        return shown.action === "nothing" ? { ...shown, why: shown.why + butUnasked(app, request) } : shown
      })

      const effective = Effect.fn("Engine.effective")(function* (app: PluggedApp) {
        const { running } = yield* journal.load(app.name)
        return yield* effectiveFor(app, yield* runtimes.get(app.runtime), { running, target: running })
      })

      const look = Effect.fn("Engine.look")(function* (app: App) {
        const runtime = yield* runtimes.get(app.runtime)
        const state = yield* journal.load(app.name)
        const { inspection, seen } = yield* lookAtWorld(app, runtime, state)
        const drift = driftDuring(state, seen)
        const envChanged = yield* areSettingsChanged(app, runtime, state)
        const refusal = drift === null ? null : tell(app.name, driftRefusal(state, drift, seen))
        const found: Look = { state, inspection, volumes: seen.volumes, refusal, envChanged }
        return found
      })

      const glance = (app: EffectiveApp) =>
        runtimes.get(app.runtime).pipe(
          Effect.flatMap((runtime) => glanceAt(app, runtime)),
          Effect.catch((error) => Effect.succeed(noRuntime(error)))
        )

      const serve = <A, E>(app: App, work: Effect.Effect<A, E, Ports>): Effect.Effect<A, E> =>
        work.pipe(about({ app: app.name }), Effect.provide(ports))

      return Engine.of({
        breaker: Effect.provide(hostBreaker, ports),
        look: (app) => serve(app, look(app)),
        effective: (app) => serve(app, effective(app)),
        state: (app) => serve(app, journal.load(app.name)),
        glance: (app) => serve(app, glance(app)),
        note: (app, noted, version, waitMs) => serve(app, note(app, noted, version, waitMs)),
        run: (app, request, waitMs) => serve(app, run(app, request, waitMs)),
        preview: (app, request) => serve(app, preview(app, request)),
        dryRun: (app, request) => serve(app, dryRun(app, request))
      })
    })
  )
}
