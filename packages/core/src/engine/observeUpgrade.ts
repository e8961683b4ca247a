/** Observes for an upgrade: the versions that there are, the gates and the hazards of the newest one that may be taken. */
import * as Clock from "effect/Clock"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { isReadOnlyFilesystem } from "../disk/readOnlyFilesystem.ts"
import type { App, PluggedApp } from "../domain/App.ts"
import type { Command, Refusal } from "../domain/Decision.ts"
import type { AppState } from "../domain/State.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { effectiveFor } from "./effective.ts"
import { unhealthyNow } from "./footing.ts"
import { gatesOf } from "./gates.ts"
import { hazardsOf, nothingFound } from "./hazards.ts"
import { AreFetched, lookingFor } from "./looking.ts"
import { notedTarget } from "./notes.ts"
import { observedIn } from "./observed.ts"
import { othersOf } from "./others.ts"
import type { Request } from "./Request.ts"
import { versionNamed } from "./versionNamed.ts"
import type { World } from "./world.ts"

/** lastgood checks out the files of a version under the root before it reads them. */
const barriers = (app: App): ReadonlyArray<Refusal> => {
  const reason = `cannot write to ${app.dir}: its filesystem is read-only`
  const next = `mount the filesystem read-write (findmnt -T ${app.dir} names it, dmesg shows why it is read-only)`
  return isReadOnlyFilesystem(app.dir) ? [{ gate: "read-only", reason, next }] : []
}

type UpgradeRequest = Extract<Request, { _tag: "Upgrade" }>

/** The versions that there are, and what decides between them. */
export const questionOf = Effect.fnUntraced(function* (
  plugged: PluggedApp,
  runtime: Runtime,
  state: AppState,
  request: UpgradeRequest
) {
  const asked = { id: yield* (yield* SecureRandom).uuidV7(), now: yield* Clock.currentTimeMillis }
  const app = yield* effectiveFor(plugged, runtime, { running: state.running, target: null })
  const looking = lookingFor(app, runtime, state, request.fetch && !(yield* AreFetched))
  const { offers, to } =
    request.to === null
      ? { offers: yield* (yield* VersionSource).list(app, looking), to: null }
      : yield* Effect.map(versionNamed(app, request.to, looking), ({ offer, offers }) => ({ offers, to: offer }))
  const question = {
    ...asked,
    trigger: request.trigger,
    policy: app.policy,
    minimumAgeMs: app.minimumAgeMs,
    windows: app.windows,
    others: [],
    to,
    offers
  }
  return { app, question }
})

export const observeUpgrade = Effect.fn("Engine.observeUpgrade")(function* (
  plugged: PluggedApp,
  runtime: Runtime,
  state: AppState,
  request: UpgradeRequest,
  world: World
) {
  const { app, question } = yield* questionOf(plugged, runtime, state, request)
  const observed = observedIn(state, world)
  const running = state.running
  const barred = barriers(app)
  const { target: chosen, ...noted } =
    observed.present && observed.drift === null && barred.length === 0
      ? yield* notedTarget(app, state, question, request.acceptNotes === true)
      : { target: null, note: null, acceptedNotes: [], releaseNotes: [] }
  const others = chosen === null || request.to !== null ? [] : yield* othersOf(app, request.fetch)
  const target = request.trigger === "reconciler" && others.length > 0 ? null : chosen
  const looked = target === null ? nothingFound(state) : yield* hazardsOf(app, runtime, state, target)
  const hazards = looked.refusals
  // A version that the operator names may be the remedy.
  const judged = target !== null && hazards.length === 0 && request.to === null
  const found = judged ? yield* unhealthyNow(app, runtime, target, request.trigger) : hazards
  const move = { from: running, to: target, trigger: request.trigger }
  // Plugin gates come last, because they do not matter for a version that cannot be deployed.
  const held = target === null || found.length > 0 ? { hazards: [], gates: [] } : yield* gatesOf(app, runtime, move)
  const command: Command = {
    _tag: "Upgrade",
    ...question,
    others,
    observed,
    hazards: [...barred, ...found, ...held.hazards],
    gates: held.gates,
    note: noted.note,
    acceptedNotes: noted.acceptedNotes
  }
  return { command, releaseNotes: noted.releaseNotes, target, folders: looked.folders, bytes: looked.bytes }
})
