/** The page of one app. Pure. */
import { type Downtime, predictDowntime } from "@lastgood/core/domain/downtime"
import type { ShownAlert } from "../reading/alerts.ts"
import type { ShownAttempt } from "../reading/attempts.ts"
import { duration, instants, plural, short, size } from "../reading/format.ts"
import type { ShownSnapshot } from "../reading/snapshots.ts"
import type { ShownStanding } from "../reading/standings.ts"
import { attemptItem } from "./attempt.ts"
import { ago, brief, middle, moment, version } from "./format.ts"
import { type Html, html, nothing, type Value } from "./html.ts"
import { badge, stateOf, toneOf } from "./state.ts"

export interface AppPage {
  readonly standing: ShownStanding
  /** The newest, oldest first. */
  readonly attempts: ReadonlyArray<ShownAttempt>
  /** How many attempts there were. */
  readonly begun: number
  /** Of the newest attempts that took the app down. */
  readonly downtimes: ReadonlyArray<Downtime>
  /** Oldest first. */
  readonly snapshots: ReadonlyArray<ShownSnapshot>
  /** Those of the state, oldest first: open, acknowledged or not yet delivered. */
  readonly alerts: ReadonlyArray<ShownAlert>
  /** Epoch milliseconds. */
  readonly now: number
}

const fact = (name: string, value: Value): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`

const none = html`<span class="none">none</span>`

/** From the attempts alone: how large the data is now, only a plan measures. */
const predicted = ({ downtimes }: AppPage): string => {
  const next = predictDowntime(downtimes, null)
  return next === null ? "unknown before the first one" : `about ${duration(next.ms)}`
}

const facts = (page: AppPage): Html => {
  const { now, standing } = page
  const { health, held, lastGood, nextCheck, quarantined, running, waitingFor } = standing
  return html`<dl class="facts">
${fact("Runs now", standing.now === null ? "not asked" : version(standing.now.version))}
${fact("Should run", version(running))}
${fact("Last good", version(lastGood))}
${fact("Waits for", instants(waitingFor ?? "nothing"))}
${health === null ? nothing : fact("Health checks", html`${health.ok ? badge("good", "passed") : badge("bad", "failed")} <span class="soft">${brief(health.seen)}</span>`)}
${fact("Downtime of an upgrade", predicted(page))}
${nextCheck === null ? nothing : fact("Next look for a version", html`${ago(nextCheck, now)}`)}
${held === null ? nothing : fact("On hold", html`${held.reason}${held.until === null ? "" : html`, until ${moment(held.until)}`}`)}
${quarantined.map((one) => fact("Quarantined", html`${version(one.version)} <span class="soft">${short(one.reason, 120)}${one.until === null ? "" : html`, until ${moment(one.until)}`}</span>`))}
</dl>`
}

const trouble = ({ standing }: AppPage): Html => {
  const { drift, envChanged, next, phase, reason } = standing
  const what = reason ?? drift?.what ?? (envChanged ? "its env file has changed since it was deployed" : null)
  const then = next ?? drift?.next ?? null
  if (what === null) return nothing
  return html`<div class="note ${toneOf(phase) === "bad" ? "bad" : "warn"}" role="status"><p>${instants(what)}</p>
${then === null ? nothing : html`<p class="next">Next: ${then}</p>`}</div>`
}

const services = ({ now, standing }: AppPage): Html => {
  const all = standing.now?.services ?? []
  if (all.length === 0) return nothing
  return html`<h2>Services</h2>
<div class="scroll"><table class="wide">
<thead><tr><th scope="col">Service</th><th scope="col">State</th><th scope="col">Image</th><th scope="col">Since</th><th scope="col" class="number">Restarts</th></tr></thead>
<tbody>${all.map(
    ({ health, image, name, ok, restarts, since, state }) => html`<tr>
<th scope="row">${name}</th>
<td>${badge(ok ? "good" : "bad", state)}${health === null ? nothing : html`<span class="detail">HEALTHCHECK: ${health}</span>`}</td>
<td data-label="Image">${image === null ? none : html`<code title="${image}">${middle(image, 60)}</code>`}</td>
<td data-label="Since">${since === null ? none : ago(since, now)}</td>
<td data-label="Restarts" class="number">${restarts}</td>
</tr>
`
  )}</tbody></table></div>`
}

const whole = (verified: boolean | null): Html =>
  verified === null
    ? html`<span class="soft">not verified yet</span>`
    : verified
      ? badge("good", "whole")
      : badge("bad", "damaged")

const snapshots = ({ now, snapshots: all, standing }: AppPage): Html => html`<h2>Snapshots</h2>
${
  all.length === 0
    ? html`<p class="soft">None. The next upgrade takes one before it deploys.</p>`
    : html`<div class="scroll"><table class="wide">
<thead><tr><th scope="col">Snapshot</th><th scope="col">Version</th><th scope="col">Taken</th><th scope="col" class="number">Size</th><th scope="col">Archives</th></tr></thead>
<tbody>${all.toReversed().map(
        ({ bytes, current, id, ts, verified, version: of, volumes }) => html`<tr>
<th scope="row"><code>${id}</code>${current ? html` <span class="soft">last good</span>` : nothing}</th>
<td data-label="Version">${version(of)}</td>
<td data-label="Taken">${ago(ts, now)}</td>
<td data-label="Size" class="number">${size(bytes)}</td>
<td data-label="Archives">${whole(verified)}<span class="detail">${volumes.length === 0 ? "no volumes" : volumes.join(", ")}</span></td>
</tr>
`
      )}</tbody></table></div>`
}
${standing.setAside.map(
  ({ paths, until }) =>
    html`<p>Data set aside by a rollback until ${moment(until)}: ${paths.map((path, index) => html`${index === 0 ? "" : ", "}<code>${path}</code>`)}</p>`
)}`

const alertItem = ({
  at,
  attempted,
  next,
  outcome,
  state,
  why
}: ShownAlert): Html => html`<li class="note ${state === "open" ? "bad" : ""}">
<h3>${outcome.replaceAll("-", " ")}${attempted === null ? "" : html`: ${version(attempted)}`} <span class="soft">${moment(at)}, ${state}</span></h3>
<p>${brief(instants(why))}</p>
${next === "" || state === "resolved" ? nothing : html`<p class="next">Next: ${next}</p>`}
</li>`

const alerts = ({ alerts: all }: AppPage): Html => {
  const open = all.filter(({ state }) => state === "open")
  const others = all.filter(({ state }) => state !== "open")
  return html`<h2>Alerts</h2>
${open.length === 0 ? html`<p class="soft">None is open.</p>` : html`<ul>${open.toReversed().map(alertItem)}</ul>`}
${others.length === 0 ? nothing : html`<details><summary>${plural(others.length, "acknowledged or resolved alert")}</summary><ul>${others.toReversed().map(alertItem)}</ul></details>`}`
}

const attempts = ({ attempts: all, begun, downtimes, now }: AppPage): Html => html`<h2>Attempts</h2>
${all.length === 0 ? html`<p class="soft">None yet.</p>` : html`<ol>${all.toReversed().map((one) => attemptItem(one, downtimes.find(({ attempt }) => attempt === one.id) ?? null, now))}</ol>`}
${begun > all.length ? html`<p class="soft">The newest ${all.length} of ${begun}.</p>` : nothing}`

export const appPage = (page: AppPage): Html => {
  const { app, phase, since } = page.standing
  return html`<h1>${app}</h1>
<p>${stateOf(phase)}${since === null ? nothing : html` <span class="soft">since ${ago(since, page.now)}</span>`}</p>
${trouble(page)}
${facts(page)}
${alerts(page)}
${attempts(page)}
${services(page)}
${snapshots(page)}`
}
