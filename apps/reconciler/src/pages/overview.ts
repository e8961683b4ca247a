/** The page of all apps: the ones that need attention first. Pure. */
import { hostName } from "@lastgood/core/domain/hostName"
import { breakerSubject } from "@lastgood/core/domain/policy/breaker"
import type { ShownAlert } from "../reading/alerts.ts"
import { instants, plural } from "../reading/format.ts"
import { reasonOf } from "../reading/reason.ts"
import type { ShownStanding } from "../reading/standings.ts"
import { actPath } from "./acts/Act.ts"
import { appPath } from "./address.ts"
import { ago, brief, lasting, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"
import { reason } from "./reason.ts"
import { stateOf, type Tone, toneOf } from "./state.ts"

export interface Overview {
  readonly apps: ReadonlyArray<ShownStanding>
  /** Open ones, of all apps, and of the host. */
  readonly alerts: ReadonlyArray<ShownAlert>
  /** When the newest snapshot of each app was taken, by the app's name. */
  readonly snapshots: ReadonlyMap<string, string>
  /** Only apps that need attention. */
  readonly onlyTrouble: boolean
  /** Only apps with this in their name, version or state; empty: all. */
  readonly search: string
  /** Epoch milliseconds. */
  readonly now: number
}

const urgency: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, busy: 2, idle: 3, good: 4 }

/** More alerts than this are told in their apps' rows only: the apps must not be pages away. */
const mostAlerts = 5

/** Whether an operator should look at the app. @param alerting the apps with open alerts. */
const needsAttention = (app: ShownStanding, alerting: ReadonlySet<string>): boolean =>
  ["bad", "warn"].includes(toneOf(app.phase)) ||
  app.drift !== null ||
  app.envChanged ||
  app.next !== null ||
  alerting.has(app.app)

const matches = ({ app, held, lastGood, phase, running, waitingFor }: ShownStanding, search: string): boolean =>
  [
    app,
    phase.replaceAll("-", " "),
    running,
    lastGood,
    waitingFor,
    held === null ? null : `on hold ${held.reason}`
  ].some((text) => text?.toLowerCase().includes(search.toLowerCase()) === true)

const alertNote = ({ app, at, id, next, outcome, subject, why }: ShownAlert, now: number): Html => html`
<li class="note ${outcome === "recovered" || outcome === "refused" ? "warn" : "bad"}" data-key="alert ${id}">
<h3>${app === hostName ? "this host" : html`<a href="${appPath(app)}">${app}</a>`}: ${subject === breakerSubject ? "automatic upgrades are stopped" : outcome.replaceAll("-", " ")} <span class="soft">${ago(at, now)}</span></h3>
${reason(why, 3)}
${next === "" ? nothing : html`<p class="next">Next: ${next}</p>`}
<p class="acts">${subject === breakerSubject ? html`<a href="${actPath("release", hostName)}">Close the breaker</a> ` : nothing}<a href="${actPath("acknowledge", app, id)}">Acknowledge<span class="spoken"> the alert of ${app}</span></a></p>
</li>`

const waits = (app: ShownStanding): Html | string => {
  if (app.workedOnBy !== null)
    return html`${app.waitingFor ?? app.phase}<span class="detail">by ${instants(app.workedOnBy)}</span>`
  return app.waitingFor === null
    ? html`<span class="none">nothing</span>`
    : brief(instants(reasonOf(app.waitingFor).what))
}

const troubleOf = ({ drift, envChanged, held, reason: why }: ShownStanding): Html => {
  const told = why ?? drift?.what ?? (envChanged ? "its env file has changed since it was deployed" : null)
  return html`${told === null ? nothing : html`<span class="detail">${brief(instants(told))}</span>`}${held === null ? nothing : html` <span class="state idle">on hold</span>`}`
}

/** The last good version only where it is another one. */
const versions = ({ lastGood, now, running }: ShownStanding): Html => {
  const runs = now === null ? running : now.version
  if (lastGood === runs) return version(runs)
  return html`${version(runs)}<span class="detail">last good: ${version(lastGood)}</span>`
}

const row = (app: ShownStanding, { now, snapshots }: Overview): Html => {
  const snapshot = snapshots.get(app.app)
  return html`<tr data-key="app ${app.app}">
<th scope="row"><a href="${appPath(app.app)}">${app.app}</a></th>
<td>${stateOf(app.phase)}${app.since === null ? nothing : html` <span class="soft">${lasting(app.since, now)}</span>`}${troubleOf(app)}</td>
<td data-label="Running">${versions(app)}</td>
<td data-label="Waits for">${waits(app)}</td>
<td data-label="Snapshot">${snapshot === undefined ? html`<span class="none">none</span>` : ago(snapshot, now)}</td>
</tr>
`
}

const alertingIn = ({ alerts }: Overview): ReadonlySet<string> => new Set(alerts.map(({ app }) => app))

/** One sentence: also what a screen reader tells when it changes. */
export const summary = (seen: Overview): string => {
  const { alerts, apps } = seen
  const running = apps.filter(({ phase }) => phase === "running").length
  const alerting = alertingIn(seen)
  const trouble = apps.filter((app) => needsAttention(app, alerting)).length
  return [
    `${running} of ${plural(apps.length, "app")} running`,
    trouble === 0 ? "none needs attention" : `${trouble} ${trouble === 1 ? "needs" : "need"} attention`,
    alerts.length === 0 ? "no open alerts" : plural(alerts.length, "open alert")
  ].join(", ")
}

const addressOf = (show: string, search: string): string => {
  const query = new URLSearchParams({ ...(show === "" ? {} : { show }), ...(search === "" ? {} : { q: search }) })
  return query.size === 0 ? "/" : `/?${query}`
}

const filters = ({ apps, onlyTrouble, search }: Overview, trouble: number): Html => {
  const current = (is: boolean): Html => (is ? html` aria-current="page"` : nothing)
  return html`<div class="filters"><nav aria-label="Filter"><a href="${addressOf("", search)}"${current(!onlyTrouble)}>All (${apps.length})</a>
<a href="${addressOf("attention", search)}"${current(onlyTrouble)}>Need attention (${trouble})</a></nav>
<form class="inline" method="get" action="/" role="search">${onlyTrouble ? html`<input type="hidden" name="show" value="attention">` : nothing}<label class="spoken" for="q">Search by name, version or state</label><input type="search" id="q" name="q" value="${search}" placeholder="Name, version or state" autocomplete="off" spellcheck="false"> <button type="submit">Search</button></form></div>`
}

const table = (
  shown: ReadonlyArray<ShownStanding>,
  seen: Overview
): Html => html`<div class="scroll"><table class="wide">
<thead><tr><th scope="col">App</th><th scope="col">State</th><th scope="col">Running</th><th scope="col">Waits for</th><th scope="col">Snapshot</th></tr></thead>
<tbody>
${shown.map((app) => row(app, seen))}</tbody>
</table></div>`

export const overview = (seen: Overview): Html => {
  const { alerts, apps, now, onlyTrouble, search } = seen
  const alerting = alertingIn(seen)
  const ranks = new Map(
    apps.map((app) => [app.app, urgency[toneOf(app.phase)] - (needsAttention(app, alerting) ? 4.5 : 0)])
  )
  const trouble = apps.filter((app) => needsAttention(app, alerting)).length
  const shown = apps
    .filter((app) => (!onlyTrouble || needsAttention(app, alerting)) && (search === "" || matches(app, search)))
    .toSorted((a, b) => (ranks.get(a.app) ?? 0) - (ranks.get(b.app) ?? 0) || a.app.localeCompare(b.app))
  return html`<h1>Apps</h1>
<p>${summary(seen)}</p>
${
  alerts.length === 0
    ? nothing
    : html`<section id="alerts"><h2>Open alerts</h2>
<ul>${alerts.slice(0, mostAlerts).map((alert) => alertNote(alert, now))}</ul>
${alerts.length > mostAlerts ? html`<p class="soft">And ${plural(alerts.length - mostAlerts, "more alert")}, on the pages of their apps.</p>` : nothing}</section>
<h2>All apps</h2>`
}
${filters(seen, trouble)}
${search === "" ? nothing : html`<p>${plural(shown.length, "app")} with “${search}”. <a href="${addressOf(onlyTrouble ? "attention" : "", "")}">Show all</a></p>`}
${shown.length === 0 ? html`<p class="soft">No app to show.</p>` : table(shown, seen)}`
}
