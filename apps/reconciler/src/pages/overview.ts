/** The page of all apps: the ones that need attention first. Pure. */
import type { ShownAlert } from "../reading/alerts.ts"
import { instants, plural } from "../reading/format.ts"
import type { ShownStanding } from "../reading/standings.ts"
import { ago, brief, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"
import { stateOf, type Tone, toneOf } from "./state.ts"

export interface Overview {
  readonly apps: ReadonlyArray<ShownStanding>
  /** Open ones, of all apps. */
  readonly alerts: ReadonlyArray<ShownAlert>
  /** When the newest snapshot of each app was taken, by the app's name. */
  readonly snapshots: ReadonlyMap<string, string>
  /** Only apps that need attention. */
  readonly onlyTrouble: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

const urgency: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, busy: 2, idle: 3, good: 4 }

/** Whether an operator should look at the app. */
const needsAttention = (app: ShownStanding, { alerts }: Overview): boolean =>
  ["bad", "warn"].includes(toneOf(app.phase)) ||
  app.drift !== null ||
  app.envChanged ||
  app.next !== null ||
  alerts.some((alert) => alert.app === app.app)

const rankOf = (app: ShownStanding, seen: Overview): number =>
  urgency[toneOf(app.phase)] - (needsAttention(app, seen) ? 0.5 : 0)

export const appPath = (app: string): string => `/apps/${encodeURIComponent(app)}`

const alertNote = ({ app, at, next, outcome, why }: ShownAlert, now: number): Html => html`
<li class="note ${outcome === "recovered" || outcome === "refused" ? "warn" : "bad"}">
<h3><a href="${appPath(app)}">${app}</a>: ${outcome.replaceAll("-", " ")} <span class="soft">${ago(at, now)}</span></h3>
<p>${brief(instants(why))}</p>
${next === "" ? nothing : html`<p class="next">Next: ${next}</p>`}
</li>`

const waits = (app: ShownStanding): Html | string => {
  if (app.workedOnBy !== null)
    return html`${app.waitingFor ?? app.phase}<span class="detail">by ${app.workedOnBy}</span>`
  return app.waitingFor === null ? html`<span class="none">nothing</span>` : brief(instants(app.waitingFor))
}

const troubleOf = ({ drift, envChanged, reason }: ShownStanding): Html => {
  const told = reason ?? drift?.what ?? (envChanged ? "its env file has changed since it was deployed" : null)
  return told === null ? nothing : html`<span class="detail">${brief(instants(told))}</span>`
}

/** The last good version only where it is another one. */
const versions = ({ lastGood, now, running }: ShownStanding): Html => {
  const runs = now === null ? running : now.version
  if (lastGood === runs) return version(runs)
  return html`${version(runs)}<span class="detail">last good: ${version(lastGood)}</span>`
}

const row = (app: ShownStanding, { now, snapshots }: Overview): Html => {
  const snapshot = snapshots.get(app.app)
  return html`<tr>
<th scope="row"><a href="${appPath(app.app)}">${app.app}</a></th>
<td>${stateOf(app.phase)}${app.since === null ? nothing : html` <span class="soft">since ${ago(app.since, now)}</span>`}${troubleOf(app)}</td>
<td data-label="Running">${versions(app)}</td>
<td data-label="Waits for">${waits(app)}</td>
<td data-label="Snapshot">${snapshot === undefined ? html`<span class="none">none</span>` : ago(snapshot, now)}</td>
</tr>
`
}

const summary = (seen: Overview): string => {
  const { alerts, apps } = seen
  const running = apps.filter(({ phase }) => phase === "running").length
  const trouble = apps.filter((app) => needsAttention(app, seen)).length
  return [
    `${running} of ${plural(apps.length, "app")} running`,
    trouble === 0 ? "none needs attention" : `${trouble} ${trouble === 1 ? "needs" : "need"} attention`,
    alerts.length === 0 ? "no open alerts" : plural(alerts.length, "open alert")
  ].join(", ")
}

const filters = (seen: Overview): Html => {
  const { apps, onlyTrouble } = seen
  const current = (is: boolean): Html => (is ? html` aria-current="page"` : nothing)
  return html`<nav class="filters" aria-label="Filter"><a href="/"${current(!onlyTrouble)}>All (${apps.length})</a>
<a href="/?show=attention"${current(onlyTrouble)}>Need attention (${apps.filter((app) => needsAttention(app, seen)).length})</a></nav>`
}

export const overview = (seen: Overview): Html => {
  const shown = seen.apps
    .filter((app) => !seen.onlyTrouble || needsAttention(app, seen))
    .toSorted((a, b) => rankOf(a, seen) - rankOf(b, seen) || a.app.localeCompare(b.app))
  return html`<h1>Apps</h1>
<p>${summary(seen)}</p>
${
  seen.alerts.length === 0
    ? nothing
    : html`<h2>Open alerts</h2>
<ul>${seen.alerts.map((alert) => alertNote(alert, seen.now))}</ul>
<h2>All apps</h2>`
}
${filters(seen)}
${
  shown.length === 0
    ? html`<p class="soft">No app to show.</p>`
    : html`<div class="scroll"><table class="wide">
<thead><tr><th scope="col">App</th><th scope="col">State</th><th scope="col">Running</th><th scope="col">Waits for</th><th scope="col">Snapshot</th></tr></thead>
<tbody>
${shown.map((app) => row(app, seen))}</tbody>
</table></div>`
}`
}
