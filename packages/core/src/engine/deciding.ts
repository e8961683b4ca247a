/** From a request to the decision about it, and to what follows from that: an attempt, a record, a refusal. Under the claim. */

import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type { App, PluggedApp } from "../domain/App.ts"
import { type Decision, refusalText } from "../domain/Decision.ts"
import { decide } from "../domain/decide.ts"
import { driftNow } from "../domain/drift.ts"
import { make } from "../domain/Event.ts"
import { isSameSet, union } from "../domain/folders.ts"
import { nextText } from "../domain/Next.ts"
import { mayBegin, windowText } from "../domain/policy/window.ts"
import { driftEvents } from "../domain/refuseDrift.ts"
import type { AppState } from "../domain/State.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import { type HostFolders, type Runtime, Runtimes } from "../runtime/Runtime.ts"
import { adoptable } from "./adoptSnapshots.ts"
import type { Driver } from "./drive.ts"
import { butUnasked } from "./looking.ts"
import { Configured } from "./Observer.ts"
import { observe } from "./observe.ts"
import type { EngineError, Ports } from "./ports.ts"
import { type Asked, CommandRejected, type Finishing, type Report, tell, type Unobserved } from "./Request.ts"
import { reportOf, withoutAttempt } from "./report.ts"
import { unobservedCommand } from "./unobserved.ts"
import { lookAtWorld, type World } from "./world.ts"

/** Requests whose decision depends on the app as it is. */
type Question = Exclude<Finishing, Unobserved | { _tag: "Resume" }>

/** The input for acting on a decision. `id`: of the attempt that it may begin. */
interface Answering {
  readonly id: string
  readonly command: Asked | null
  /** Paths of the host that the app can write to. */
  readonly folders: HostFolders
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
}

export const makeDeciding = ({ drive, record }: Driver) => {
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
    return isKnown ? Effect.succeed(state) : record(app, state, null, [make("DataFoldersNoted", { paths, external })])
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

  /** Records drift, and its end, once each. */
  const judge = Effect.fnUntraced(function* (app: App, state: AppState, { seen }: World) {
    const drift = driftNow(state, seen)
    const [first, ...rest] = driftEvents(state, drift, seen, yield* (yield* SecureRandom).uuidV7())
    const judged =
      first === undefined ? state : yield* record(app, yield* registered(app, state), null, [first, ...rest])
    return { drift, judged }
  })

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
    const runtime = yield* (yield* Runtimes).get(present.runtime)
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

  const decideUnobserved = Effect.fnUntraced(function* (
    app: PluggedApp,
    runtime: Runtime,
    state: AppState,
    request: Unobserved
  ) {
    const asked = yield* unobservedCommand(request)
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

  return { adopt, ask, decideUnobserved, judge }
}
