/** What it would do now to stop an app, to start it, and to remove it. Its data stays. Pure. */

import { predictDowntimeOf } from "@lastgood/core/domain/downtime"
import { nextText } from "@lastgood/core/domain/Next"
import { removePlan, stopPlan } from "@lastgood/core/domain/Plan"
import { removedData } from "@lastgood/core/domain/removedData"
import type { AppState } from "@lastgood/core/domain/State"
import { instants } from "../../reading/format.ts"
import { version } from "../format.ts"
import { html, nothing } from "../html.ts"
import type { Possible } from "./confirm.ts"
import { type About, cannot, inFlight, type Told } from "./told.ts"

const neverDeployed = (app: string) => cannot("it has not been deployed yet", nextText(app, { do: "Deploy" }))

/** `until`: until when the app is down. */
const takesDown = (
  { downtimes }: AppState,
  steps: ReadonlyArray<string>,
  until: string,
  will: Possible["will"]
): Possible => {
  const downtime = predictDowntimeOf(steps, downtimes)
  return {
    will,
    plan: { steps, to: null, downtime, times: downtime?.steps ?? [], until },
    fields: nothing,
    details: nothing
  }
}

export const stop = ({ act, state }: About): Told => {
  const { data, down, drift, running } = state
  const told = { act, title: html`Stop ${act.app}`, button: "Stop" }
  if (state.attempt !== null) return { ...told, possible: inFlight }
  const of = running ?? data
  if (of === null) return { ...told, possible: neverDeployed(act.app) }
  // Somebody else may have started an app that was stopped.
  if (running === null && drift?.kind !== "drift") {
    const why = down === null ? "it is not running" : `it is already down: ${instants(down.reason)}`
    return { ...told, possible: cannot(why, down?.next) }
  }
  const possible = takesDown(state, stopPlan, "until you start it again", [
    html`${version(of.version)} is stopped, and stays stopped: the daemon does not restart it, does not upgrade it, and raises no alert about it.`,
    "Its data stays as it is. No snapshot is taken.",
    "To start it again on its data, press Start on the app's page."
  ])
  return { ...told, possible }
}

export const start = ({ act, state }: About): Told => {
  const { data, drift, running } = state
  const told = { act, title: html`Start ${act.app}`, button: data === null ? "Start" : `Start ${data.version}` }
  if (state.attempt !== null) return { ...told, possible: inFlight }
  const gone = removedData(state)
  if (gone !== null) return { ...told, possible: cannot(gone.reason, nextText(act.app, gone.next)) }
  if (data === null) return { ...told, possible: neverDeployed(act.app) }
  // LAW-15: it is not started on data that is missing, or newer than the log.
  if (drift !== null && drift.kind !== "drift") {
    return { ...told, possible: cannot(drift.what.join("; "), drift.next) }
  }
  const will = [
    html`${version(data.version)}, the version that its data belongs to, is started on that data, and checked until it stays healthy. No snapshot is taken.`,
    ...(running === null ? [] : ["Nothing is done to an app that is running and healthy."]),
    "After that, the daemon watches the app again, and upgrades it as its policy says."
  ]
  // The app is already down, so no downtime is predicted.
  return { ...told, possible: { will, plan: null, fields: nothing, details: nothing } }
}

export const remove = ({ act, state }: About): Told => {
  const { data, down, drift, running } = state
  const told = { act, title: html`Remove ${act.app}`, button: "Remove" }
  if (state.attempt !== null) return { ...told, possible: inFlight }
  if (down?.removed !== undefined) return { ...told, possible: cannot(instants(down.reason), down.next) }
  const of = running ?? data
  if (of === null) return { ...told, possible: neverDeployed(act.app) }
  if (drift !== null) return { ...told, possible: cannot(drift.what.join("; "), drift.next) }
  const steps = removePlan({ erase: false, removed: false })
  const possible = takesDown(state, steps, running === null ? "it is already down" : "for good", [
    html`${running === null ? "A" : html`${version(of.version)} is stopped, and a`} last snapshot of its data is taken and verified. The app is then down for good: the daemon does not restart it, does not upgrade it, and raises no alert about it.`,
    html`<strong>Its data stays</strong>, and so do its log and its snapshots. Nothing is deleted.`,
    html`After that, take the app out of <code>lastgood.yaml</code>. To bring it back on its data: <code>${nextText(act.app, { do: "Deploy" })}</code>.`,
    html`To delete its volumes too, run <code>${nextText(act.app, { do: "Remove", data: true })}</code> on the host.`
  ])
  return { ...told, possible }
}
