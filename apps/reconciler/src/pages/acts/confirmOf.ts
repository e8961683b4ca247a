/** What each act would do now, for its confirm page. It is decided as the engine will, so the page and the attempt agree. Pure. */
import { decide } from "@lastgood/core/domain/decide"
import { predictDowntimeOf } from "@lastgood/core/domain/downtime"
import { hostName } from "@lastgood/core/domain/hostName"
import { nextText } from "@lastgood/core/domain/Next"
import { snapshotPlan } from "@lastgood/core/domain/Plan"
import type { Preview } from "@lastgood/core/engine/Request"
import type { ShownAlert } from "../../reading/alerts.ts"
import { instants, size } from "../../reading/format.ts"
import { reasonOf } from "../../reading/reason.ts"
import { ago, brief, moment, version } from "../format.ts"
import { type Html, html, nothing, type Value } from "../html.ts"
import { planDetails } from "../plan.ts"
import { type Act, actAddress, holdTimes } from "./Act.ts"
import type { Possible } from "./confirm.ts"
import { remove, start, stop } from "./confirmLife.ts"
import { closeBreaker, deploy, interrupt, promote } from "./confirmRun.ts"
import { type About, cannot as notPossible, type Told } from "./told.ts"

export interface Asking extends About {
  /** Of the app. */
  readonly alerts: ReadonlyArray<ShownAlert>
  /** For an upgrade: what the engine would do, or why it cannot tell. */
  readonly preview: Preview | { readonly why: string; readonly next: string } | null
  /** The upgrade needs a word of the operator: the manual work of release notes is done. */
  readonly asksNotes: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

const recorded = (will: ReadonlyArray<Value>, fields: Html = nothing): Possible => ({
  will,
  plan: null,
  fields,
  details: nothing
})

/** Looks for another version: a page that only reads. */
const otherVersion = (act: Act): Html => html`<h2>Another version</h2>
<form class="inline" method="get" action="${actAddress(act)}"><label>Version <input name="version" value="${act.subject}" autocomplete="off" spellcheck="false"></label> <button type="submit">Show its plan</button></form>
<p><a href="${actAddress(act)}?fetch=true">Look for newer versions first</a>, which asks the recipe's remote or the registries.</p>`

const acceptance = html`<label class="check"><input type="checkbox" name="notes" value="done" required> The manual work that the release notes below ask for is done</label>`

const upgrade = ({ act, asksNotes, preview, state }: Asking): Told => {
  const cannot = (why: string, next: string, details: Html): Told => ({
    act,
    title: act.subject === "" ? html`Upgrade ${act.app}` : html`Upgrade ${act.app} to ${version(act.subject)}`,
    button: "Upgrade",
    possible: notPossible(why, next, details)
  })
  if (preview === null || !("action" in preview)) {
    return cannot(preview?.why ?? "the plan is not known", preview?.next ?? "", otherVersion(act))
  }
  const { action, downtime, next, running, steps, to, why } = preview
  if (action !== "upgrade" || to === null) {
    const waits = why === "" ? "there is nothing to do" : instants(reasonOf(why).what)
    return cannot(waits, next, html`${planDetails(preview)}${otherVersion(act)}`)
  }
  const predicted = downtime ?? predictDowntimeOf(steps, state.downtimes)
  return {
    act: { ...act, subject: to },
    title: html`Upgrade ${act.app}: ${version(running)} → ${version(to)}`,
    button: `Upgrade to ${to}`,
    possible: {
      will: [
        html`Its data is copied into a snapshot while the app is down, before ${version(to)} starts.`,
        html`If ${version(to)} does not start or does not become healthy, lastgood rolls back to ${version(running)} and puts this data back; what ${version(to)} wrote is set aside, not deleted.`
      ],
      plan: { steps, to, downtime: predicted, times: predicted?.steps ?? [] },
      fields: asksNotes ? acceptance : nothing,
      details: html`${planDetails(preview)}${otherVersion(act)}`
    }
  }
}

const back = ({ act, now, state }: Asking): Told => {
  const isRollback = act.name === "rollback"
  const verb = isRollback ? "Roll back" : "Restore"
  const cannot = (why: string, next: string): Told => ({
    act,
    title: html`${verb} ${act.app}`,
    button: verb,
    possible: notPossible(why, next)
  })
  if (state.attempt !== null) return cannot("an attempt is in flight, which ends first", "wait for its end")
  const snapshot = act.subject === "" ? null : act.subject
  const decision = decide(state, { _tag: isRollback ? "Rollback" : "Restore", id: "", now, snapshot, hazards: [] })
  if (decision._tag === "Rejected") return cannot(decision.reason, nextText(act.app, decision.next))
  const start = decision._tag === "Begin" ? decision.events[0] : null
  if (start?.type !== "RollbackStarted") return cannot("there is nothing to do", "")
  const { attempted, lastGood, plan, snapshot: id } = start.data
  const record = state.snapshots.find((one) => one.id === id)
  const quarantines = decision._tag === "Begin" && decision.events.some(({ type }) => type === "VersionQuarantined")
  const predicted = predictDowntimeOf(plan, state.downtimes)
  const target = lastGood?.version ?? null
  return {
    act: { ...act, subject: id ?? "" },
    title: html`${verb} ${act.app}: ${version(attempted?.version ?? null)} → ${version(target)}`,
    button: `${isRollback ? "Roll back" : "Restore"} to ${target ?? ""}`,
    possible: {
      will: [
        record === undefined
          ? html`The data of snapshot <code>${id}</code> takes the place of the present data.`
          : html`The data of snapshot <code>${record.id}</code> (${size(record.bytes)}, taken ${ago(record.at, now)} with ${version(record.version)}) takes the place of the present data.`,
        html`<strong>What the app has written since then is set aside</strong>, not deleted; the app's page says where, and until when it is kept.`,
        ...(quarantines
          ? [html`${version(attempted?.version ?? null)} is quarantined: it is not tried again until a retry.`]
          : []),
        ...(state.external.length === 0
          ? []
          : [html`External folders are not put back: ${state.external.map((path) => html`<code>${path}</code> `)}`])
      ],
      plan: { steps: plan, to: target, downtime: predicted, times: predicted?.steps ?? [] },
      fields: nothing,
      details: nothing
    }
  }
}

const snapshot = ({ act, state }: Asking): Told => {
  const isUp = state.running !== null
  const steps = snapshotPlan({ purpose: "manual", up: isUp, capture: true })
  const predicted = isUp ? predictDowntimeOf(steps, state.downtimes) : null
  const of = state.running ?? state.data
  return {
    act,
    title: html`Take a snapshot of ${act.app}`,
    button: "Take a snapshot",
    possible:
      of === null
        ? notPossible("lastgood does not know which version its data belongs to", nextText(act.app, { do: "Promote" }))
        : {
            will: [
              isUp
                ? html`The app is stopped, its data is copied, and ${version(of.version)} is started again.`
                : html`The app is down and stays down; its data is copied.`
            ],
            plan: { steps, to: of.version, downtime: predicted, times: predicted?.steps ?? [] },
            fields: nothing,
            details: nothing
          }
  }
}

const holdFields = html`<label>Reason <input name="reason" required maxlength="500" autocomplete="off"></label>
<label>Until <select name="for">${holdTimes.map(([value, text]) => html`<option value="${value}">${value === "" ? text : `for ${text}`}</option>`)}</select></label>`

const acknowledge = ({ act, alerts }: Asking): Told => {
  const open = alerts.filter(({ state }) => state === "open")
  const chosen = act.subject === "" ? open : open.filter(({ id }) => id === act.subject)
  return {
    act,
    title: chosen.length === 1 ? html`Acknowledge an alert of ${act.app}` : html`Acknowledge the alerts of ${act.app}`,
    button: "Acknowledge",
    possible:
      chosen.length === 0
        ? notPossible("no such alert is open")
        : recorded([
            "The alert is no longer told again, and no longer counts as open. Nothing is done to the app.",
            ...chosen.map(({ at, why }) => html`<span class="soft">${moment(at)}</span> ${brief(instants(why))}`)
          ])
  }
}

const decided = (asking: Asking): Told => {
  const { act, state } = asking
  const { app, subject } = act
  switch (act.name) {
    case "hold": {
      const now =
        state.held === null ? [] : [html`It is on hold already: ${state.held.reason}. This one takes its place.`]
      const will = ["The daemon does not upgrade the app until the hold ends. It goes on watching its health.", ...now]
      return { act, title: html`Hold ${app}`, button: "Hold", possible: recorded(will, holdFields) }
    }
    case "release":
      return {
        act,
        title: html`Release ${app}`,
        button: "Release",
        possible:
          state.held === null
            ? notPossible("it is not on hold")
            : recorded([
                html`It is on hold: ${state.held.reason}.`,
                "After this, the daemon upgrades the app again as its policy says, possibly at once."
              ])
      }
    case "retry": {
      const chosen = state.quarantined.filter(({ version: of }) => subject === "" || of === subject)
      return {
        act,
        title: html`Retry ${subject === "" ? "all quarantined versions" : version(subject)} of ${app}`,
        button: "Retry",
        possible:
          chosen.length === 0
            ? notPossible(subject === "" ? "no version is quarantined" : `${subject} is not quarantined`)
            : recorded([
                ...chosen.map((one) => html`${version(one.version)} failed: ${brief(one.reason)}`),
                "The quarantine is lifted. The daemon may then upgrade to the version again as its policy says, possibly at once, with a snapshot and a rollback if it fails again."
              ])
      }
    }
    case "withdraw":
      return {
        act,
        title: html`Withdraw the approval of ${version(subject)}`,
        button: "Withdraw",
        possible:
          state.approved?.version === subject
            ? recorded([html`The daemon does not take ${version(subject)} of ${app} by itself any more.`])
            : notPossible(`${subject} is not approved`)
      }
    default:
      return {
        act,
        title: html`Approve ${version(subject)} for ${app}`,
        button: `Approve ${subject}`,
        possible:
          subject === ""
            ? notPossible("no version is named")
            : recorded([
                html`The daemon takes ${version(subject)} in its next pass that no other gate refuses (hold, quarantine, window), although the policy or the minimum age would not allow it.`,
                html`Nothing happens to the app until then. The upgrade takes a snapshot first, and rolls back version and data if it fails.`
              ])
      }
  }
}

export const confirmOf = (asking: Asking): Told => {
  switch (asking.act.name) {
    case "upgrade":
      return upgrade(asking)
    case "deploy":
      return deploy(asking)
    case "promote":
      return promote(asking)
    case "interrupt":
      return interrupt(asking)
    case "stop":
      return stop(asking)
    case "start":
      return start(asking)
    case "remove":
      return remove(asking)
    case "rollback":
    case "restore":
      return back(asking)
    case "snapshot":
      return snapshot(asking)
    case "acknowledge":
      return acknowledge(asking)
    default:
      return asking.act.app === hostName ? closeBreaker(asking) : decided(asking)
  }
}
