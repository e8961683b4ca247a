/** What it would do now to deploy an app, to promote it, to interrupt its attempt, and to close the breaker. Pure. */
import { forwardOf, kindOf } from "@lastgood/core/domain/Attempt"
import { predictDowntimeOf } from "@lastgood/core/domain/downtime"
import { deployPlan, snapshotPlan } from "@lastgood/core/domain/Plan"
import { hasBreakerAlert } from "@lastgood/core/domain/policy/breaker"
import type { AppState } from "@lastgood/core/domain/State"
import { version } from "../format.ts"
import { type Html, html, nothing } from "../html.ts"
import { type Act, actAddress } from "./Act.ts"
import { type About, cannot, inFlight, type Told } from "./told.ts"

/** LAW-15: without this word of the operator, nothing starts on data that is not the app's. */
const dataField = ({ drift }: AppState): Html =>
  drift?.kind !== "data-missing"
    ? nothing
    : html`<div class="note warn"><p>Its data is missing: ${drift.what.join("; ")}. A restore brings it back.</p></div>
<label class="check"><input type="checkbox" name="data" value="given-up" required> Go on with the present data, and give up the data that the log knows</label>`

const chooseVersion = (act: Act): Html => html`<h2>Another version</h2>
<form class="inline" method="get" action="${actAddress(act)}"><label>Version <input name="version" value="${act.subject}" autocomplete="off" spellcheck="false"></label> <button type="submit">Show its plan</button></form>`

export const deploy = ({ act, state }: About): Told => {
  const own = state.data ?? state.running ?? state.lastGood
  const to = act.subject === "" ? (own?.version ?? "") : act.subject
  const title = to === "" ? html`Deploy ${act.app}` : html`Deploy ${version(to)} of ${act.app}`
  const told = { act: { ...act, subject: to }, title, button: `Deploy ${to}` }
  if (state.attempt !== null) return { ...told, possible: inFlight }
  if (to === "") return { ...told, possible: cannot("no version was deployed yet", "name one", chooseVersion(act)) }
  const isOwn = own?.version === to
  const steps = deployPlan(isOwn ? own : null, isOwn ? own : { version: to, commit: "" })
  const predicted = predictDowntimeOf(steps, state.downtimes)
  const will = isOwn
    ? [
        html`${version(to)} is started on the present data of the app, checked until it stays healthy, and is then the last good version. No snapshot is taken.`,
        "For an app that is stopped or unhealthy, or whose env file has changed; nothing is done to one that is healthy."
      ]
    : [
        html`If the app has data, it is copied into a snapshot before ${version(to)} starts; if ${version(to)} does not become healthy, lastgood rolls back version and data.`
      ]
  // An app of the same version is already down, or unhealthy: no downtime is predicted.
  const plan = isOwn ? null : { steps, to, downtime: predicted, times: predicted?.steps ?? [] }
  return { ...told, possible: { will, plan, fields: dataField(state), details: chooseVersion(act) } }
}

const snapshotField = html`<label class="check"><input type="checkbox" name="snapshot" value="yes" checked> Take a snapshot first, for which the app is stopped</label>`

export const promote = ({ act, state }: About): Told => {
  const told = { act, title: html`Promote what runs of ${act.app}`, button: "Promote" }
  if (state.attempt !== null) return { ...told, possible: inFlight }
  const steps = snapshotPlan({ purpose: "promote", up: true, capture: true })
  const predicted = predictDowntimeOf(steps, state.downtimes)
  const will = [
    "The version that runs now becomes the last good one, if it is healthy: lastgood upgrades from it, and rolls back to it.",
    html`The last good version so far: ${version(state.lastGood?.version ?? null)}.`,
    "Without a snapshot, the app stays up, and there is nothing to roll back its data to until the next one."
  ]
  const plan = { steps, to: null, downtime: predicted, times: predicted?.steps ?? [] }
  const fields = html`${snapshotField}${dataField(state)}`
  return { ...told, possible: { will, plan, fields, details: nothing } }
}

export const interrupt = ({ act, state }: About): Told => {
  const { attempt } = state
  const told = { act, title: html`Interrupt the attempt on ${act.app}`, button: "Interrupt" }
  if (attempt === null || attempt.id !== act.subject) {
    return { ...told, possible: cannot("this attempt is not in flight any more") }
  }
  const kind = kindOf(attempt)
  const isTry = forwardOf(attempt)?.kind === "try"
  const will = [
    html`The ${kind} is at the step <strong>${attempt.current?.step ?? "between two steps"}</strong>. A step that keeps the app down is finished first, up to the deploy.`,
    isTry
      ? "The try ends there, and is rolled back, version and data."
      : html`The daemon then finishes the ${kind} by itself, at once, as it would have ended: the app is never left between two versions. To return to the earlier version, roll back afterwards.`
  ]
  return { ...told, possible: { will, plan: null, fields: nothing, details: nothing } }
}

/** Of the host. */
export const closeBreaker = ({ act, state }: About): Told => ({
  act,
  title: "Close the breaker of this host",
  button: "Close the breaker",
  possible: hasBreakerAlert(state)
    ? {
        will: [
          "Automatic upgrades of all apps stopped after several of them were rolled back in a row.",
          "After this, the daemon upgrades apps again as their policies say, possibly at once, and counts rollbacks anew."
        ],
        ...{ plan: null, fields: nothing, details: nothing }
      }
    : cannot("the breaker is closed: automatic upgrades go on")
})
