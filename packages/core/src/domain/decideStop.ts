/**
 * `stop` takes an app down on purpose. It builds nothing on the data, so it also stops an app whose data is missing: the
 * disk can be mounted only then. It does not stop what lastgood did not deploy, because after that nothing would tell that
 * another version has used the data (LAW-2).
 */
import { allOf } from "./allOf.ts"
import { begin, disagreement } from "./answers.ts"
import type { Command, Decision, Observed } from "./Decision.ts"
import { make } from "./Event.ts"
import { stopPlan } from "./Plan.ts"
import type { Ref } from "./Ref.ts"
import { refuseDrift } from "./refuseDrift.ts"
import type { AppState } from "./State.ts"

/** LAW-14: hazards of taking an app down. Undeploying deletes anonymous volumes; the others prevent the proof of quiet. */
const ofUndeploy: ReadonlyArray<string> = ["anonymous-volume", "held-volume", "shared-volume"]

const alreadyDown = ({ down }: AppState): string =>
  down === null ? "it is not running" : `it is already down: ${down.reason}`

/** The running app is the version that its data belongs to, as lastgood deployed it. */
const isOwn = ({ drift, version }: Observed, of: Ref): boolean =>
  version === of.version && (drift === null || (drift.kind === "drift" && drift.usedBy === null))

export const decideStop = (state: AppState, command: Extract<Command, { _tag: "Stop" }>): Decision => {
  const { by, hazards, observed } = command
  const { data, down, running } = state
  if (running === null && !observed.present) return { _tag: "Nothing", why: alreadyDown(state) }
  const of = running ?? data
  const isRestarted = running === null && down?.asked === true && of !== null && isOwn(observed, of)
  if (observed.drift?.kind === "drift" && !isRestarted) return refuseDrift(state, observed.drift, observed)
  const wrong = observed.present && !isRestarted ? disagreement(state, observed) : null
  if (wrong !== null) return wrong
  if (of === null) return { _tag: "Nothing", why: alreadyDown(state) }
  const hazard = allOf(hazards.filter(({ gate }) => ofUndeploy.includes(gate)))
  // The caller reads the refusal, so nothing is recorded.
  if (hazard !== undefined) return { _tag: "Refused", refusal: hazard, events: [] }
  return begin(make("StopAttempted", { of: { version: of.version, commit: of.commit }, by, plan: stopPlan }))
}
