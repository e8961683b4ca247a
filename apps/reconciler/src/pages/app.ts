/** The page of one app. Pure. */
import { type Downtime, predictDowntime } from "@lastgood/core/domain/downtime"
import { waitsForQuarantine } from "@lastgood/core/domain/status"
import type { ShownAlert } from "../reading/alerts.ts"
import type { ShownAttempt } from "../reading/attempts.ts"
import { duration, instants, plural, short } from "../reading/format.ts"
import { reasonOf } from "../reading/reason.ts"
import type { Series } from "../reading/series.ts"
import type { ShownSnapshot } from "../reading/snapshots.ts"
import type { ShownStanding } from "../reading/standings.ts"
import { actPath } from "./acts/Act.ts"
import { attemptItem } from "./attempt.ts"
import { charts } from "./charts.ts"
import { ago, brief, lasting, middle, moment, version } from "./format.ts"
import { type Html, html, nothing, type Value } from "./html.ts"
import { reason } from "./reason.ts"
import { type AsideShown, asideList, snapshotTable } from "./snapshots.ts"
import { badge, stateOf, toneOf } from "./state.ts"

export interface AppPage {
  readonly standing: ShownStanding
  /** The newest, oldest first. */
  readonly attempts: ReadonlyArray<ShownAttempt>
  /** How many attempts there were. */
  readonly begun: number
  /** The steps that the attempt in flight has not begun. */
  readonly remaining: ReadonlyArray<string>
  /** Of the newest attempts that took the app down. */
  readonly downtimes: ReadonlyArray<Downtime>
  readonly series: Series
  /** Oldest first. */
  readonly snapshots: ReadonlyArray<ShownSnapshot>
  readonly aside: ReadonlyArray<AsideShown>
  /** Those of the state, oldest first: open, acknowledged or not yet delivered. */
  readonly alerts: ReadonlyArray<ShownAlert>
  /** The attempt in flight, if an operator began it and may interrupt it; null: none. */
  readonly interruptible: string | null
  /** The version that a gate refused, which an operator could approve; null: none. */
  readonly refused: { readonly version: string; readonly gate: string } | null
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a screen reader tells when it changes. */
export const announcementOf = ({ attempts, remaining, standing }: AppPage): string => {
  const { app, phase } = standing
  const last = attempts.at(-1)
  if (last !== undefined && last.outcome === null) {
    const step = last.steps.at(-1)
    return `${app}: ${phase.replaceAll("-", " ")}${step === undefined ? "" : `, ${step.step}`}, ${plural(remaining.length, "step")} left`
  }
  return `${app}: ${phase.replaceAll("-", " ")}${last === undefined ? "" : `; the last ${last.kind} ended: ${last.outcome}`}`
}

const fact = (name: string, value: Value): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`

/** The same with room for a sentence. */
const longFact = (name: string, value: Value): Html => html`<div class="long"><dt>${name}</dt><dd>${value}</dd></div>`

const none = html`<span class="none">none</span>`

/** From the attempts alone: how large the data is now, only a plan measures. */
const predicted = ({ downtimes }: AppPage): string => {
  const next = predictDowntime(downtimes, null)
  return next === null ? "unknown before the first one" : `about ${duration(next.ms)}`
}

const quarantine = ({ quarantined, app }: ShownStanding): ReadonlyArray<Html> =>
  quarantined.map(
    (one) =>
      html`<div class="whole"><dt>Quarantined${one.until === null ? "" : html` until ${moment(one.until)}`}</dt><dd>${version(one.version)} <a href="${actPath("retry", app, one.version)}">Retry<span class="spoken"> ${one.version}</span></a> <span class="soft">${short(reasonOf(one.reason).what, 200)}</span></dd></div>`
  )

/** The reason of a quarantine is beside the quarantined version. */
const waits = (standing: ShownStanding): Html => {
  const { waitingFor } = standing
  if (waitingFor === null) return fact("Waits for", html`<span class="none">nothing</span>`)
  return longFact(
    "Waits for",
    waitsForQuarantine(standing)
      ? "the end of its quarantine, or a newer version"
      : brief(instants(reasonOf(waitingFor).what))
  )
}

const facts = (page: AppPage): Html => {
  const { now, standing } = page
  const { app, approved, health, held, lastGood, nextCheck, running } = standing
  return html`<dl class="facts">
${fact("Runs now", standing.now === null ? "not asked" : version(standing.now.version))}
${standing.now?.version === running ? nothing : fact("Should run", version(running))}
${fact("Last good", version(lastGood))}
${waits(standing)}
${health === null ? nothing : longFact("Health checks", html`${health.ok ? badge("good", "passed") : badge("bad", "failed")} <span class="soft">${brief(health.seen)}</span>`)}
${fact("Downtime of an upgrade", predicted(page))}
${nextCheck === null ? nothing : fact("Next look for a version", html`${ago(nextCheck, now)}`)}
${held === null ? nothing : longFact("On hold", html`${held.reason}${held.until === null ? "" : html`, until ${moment(held.until)}`}`)}
${approved === null ? nothing : fact("Approved", html`${version(approved.version)} <a href="${actPath("withdraw", app, approved.version)}">Withdraw<span class="spoken"> the approval</span></a>`)}
${quarantine(standing)}
</dl>`
}

/** Links to the confirm pages. Nothing happens before those. */
const acts = ({ interruptible, refused, snapshots, standing }: AppPage): Html => {
  const { app, drift, envChanged, held, lastGood, now, phase, quarantined, removed, running, stopped } = standing
  const isDown = ["stopped", "unhealthy", "data-missing"].includes(phase) || running === null || envChanged
  const isAdoptable =
    now?.version != null && standing.workedOnBy === null && (drift !== null || now.version !== lastGood)
  const isUp = running !== null || (now?.services.length ?? 0) > 0
  const link = (name: Parameters<typeof actPath>[0], text: string, subject = ""): Html =>
    html`<a class="button" href="${actPath(name, app, subject)}">${text}</a>`
  return html`<nav class="acts" aria-label="Actions">
${interruptible === null ? nothing : link("interrupt", "Interrupt", interruptible)}
${running === null ? nothing : link("upgrade", "Plan an upgrade")}
${stopped !== null && removed === null ? link("start", "Start") : nothing}
${isDown ? link("deploy", "Deploy") : nothing}
${isAdoptable ? link("promote", "Promote") : nothing}
${refused === null || refused.gate !== "policy" || standing.approved?.version === refused.version ? nothing : link("approve", `Approve ${middle(refused.version, 24)}`, refused.version)}
${held === null ? link("hold", "Hold") : link("release", "Release")}
${snapshots.length === 0 ? nothing : link("rollback", "Roll back")}
${link("snapshot", "Take a snapshot")}
${quarantined.length < 2 ? nothing : link("retry", "Retry all versions")}
${isUp ? link("stop", "Stop") : nothing}
${removed === null && (isUp || lastGood !== null) ? link("remove", "Remove") : nothing}
</nav>`
}

const trouble = ({ standing }: AppPage): Html => {
  const { drift, envChanged, next, phase, reason: why } = standing
  const what = why ?? drift?.what ?? (envChanged ? "its env file has changed since it was deployed" : null)
  const then = next ?? drift?.next ?? null
  if (what === null) return nothing
  return html`<div class="note ${toneOf(phase) === "bad" ? "bad" : "warn"}"><p>${instants(what)}</p>
${then === null ? nothing : html`<p class="next">Next: ${then}</p>`}</div>`
}

const services = ({ now, standing }: AppPage): Html => {
  const all = standing.now?.services ?? []
  if (all.length === 0) return nothing
  return html`<section id="services"><h2>Services</h2>
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
  )}</tbody></table></div></section>`
}

const alertItem = ({
  app,
  at,
  attempted,
  id,
  next,
  outcome,
  state,
  why
}: ShownAlert): Html => html`<li class="note ${state === "open" ? (outcome === "recovered" || outcome === "refused" ? "warn" : "bad") : ""}" data-key="alert ${id}">
<h3>${outcome.replaceAll("-", " ")}${attempted === null ? "" : html`: ${version(attempted)}`} <span class="soft">${moment(at)}, ${state}</span></h3>
${reason(why, 4)}
${next === "" || state === "resolved" ? nothing : html`<p class="next">Next: ${next}</p>`}
${state === "open" ? html`<p class="acts"><a href="${actPath("acknowledge", app, id)}">Acknowledge<span class="spoken"> the alert of ${moment(at)}</span></a></p>` : nothing}
</li>`

const alerts = ({ alerts: all }: AppPage): Html => {
  const open = all.filter(({ state }) => state === "open")
  const others = all.filter(({ state }) => state !== "open")
  if (all.length === 0) return nothing
  return html`<section id="alerts"><h2>Alerts</h2>
${open.length === 0 ? html`<p class="soft">None is open.</p>` : html`<ul>${open.toReversed().map(alertItem)}</ul>`}
${others.length === 0 ? nothing : html`<details data-key="other alerts"><summary>${plural(others.length, "acknowledged or resolved alert")}</summary><ul>${others.toReversed().map(alertItem)}</ul></details>`}</section>`
}

/** Older ones are folded away: a phone shows few of them on a screen. */
const shownAttempts = 8

const attempts = ({ attempts: all, begun, downtimes, now, remaining, standing }: AppPage): Html => {
  const items = all.toReversed().map((attempt) => {
    const downtime = downtimes.find((one) => one.attempt === attempt.id) ?? null
    return attemptItem({ app: standing.app, attempt, downtime, remaining, now })
  })
  const older = items.slice(shownAttempts)
  return html`<section id="attempts"><h2>Attempts</h2>
${items.length === 0 ? html`<p class="soft">None yet.</p>` : html`<ol>${items.slice(0, shownAttempts)}</ol>`}
${older.length === 0 ? nothing : html`<details data-key="older attempts"><summary>${plural(older.length, "older attempt")}</summary><ol>${older}</ol></details>`}
${begun > all.length ? html`<p class="soft">The newest ${all.length} of ${begun}.</p>` : nothing}</section>`
}

export const appPage = (page: AppPage): Html => {
  const { app, phase, since, workedOnBy } = page.standing
  return html`<p class="back"><a href="/">All apps</a></p>
<h1>${app}</h1>
<p>${stateOf(phase)}${since === null ? nothing : html` <span class="soft">${lasting(since, page.now)}</span>`}${workedOnBy === null ? nothing : html` <span class="soft">${instants(workedOnBy)} works on it now</span>`}</p>
${trouble(page)}
${acts(page)}
${facts(page)}
${alerts(page)}
${attempts(page)}
${charts(page.series, page.now)}
${snapshotTable(page)}
${asideList(page.aside)}
${services(page)}`
}
