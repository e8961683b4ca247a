/** The page between a button and what it does: what will happen, to which data, and how long the app will be down. Pure. */
import type { PredictedDowntime, StepTime } from "@lastgood/core/domain/downtime"
import { hostName } from "@lastgood/core/domain/hostName"
import { nextText } from "@lastgood/core/domain/Next"
import { appPath } from "../address.ts"
import { brief } from "../format.ts"
import { type Html, html, nothing, type Value } from "../html.ts"
import { downtimeText, stepList } from "../steps.ts"
import { type Act, actAddress, commandOf, subjectOf } from "./Act.ts"

/** What the page says of an act that is possible. */
export interface Possible {
  /** Sentences: what will happen. */
  readonly will: ReadonlyArray<Value>
  /** null: it is only recorded. */
  readonly plan: {
    readonly steps: ReadonlyArray<string>
    /** The version that will run. */
    readonly to: string | null
    readonly downtime: PredictedDowntime | null
    readonly times: ReadonlyArray<StepTime>
    /** For an app that stays down: until when, in place of a duration. */
    readonly until?: string
  } | null
  /** What the operator fills in. */
  readonly fields: Html
  /** What is shown below the button. */
  readonly details: Html
}

export interface Confirm {
  readonly act: Act
  readonly title: Value
  /** What the button says: the verb and what it is about. */
  readonly button: string
  /** A text: why this cannot be done now. */
  readonly possible: Possible | { readonly why: string; readonly next: string; readonly details: Html }
  /** Random: a form that is sent twice acts once. */
  readonly once: string
}

/** The host has no page of its own. */
const homeOf = (app: string): string => (app === hostName ? "/" : appPath(app))
const nameOf = (app: string): string => (app === hostName ? "All apps" : app)

const form = ({ act, button, once }: Confirm, fields: Html): Html => {
  const key = subjectOf[act.name]
  return html`<form class="act with-key" method="post" action="${actAddress(act)}" data-act>
<input type="hidden" name="once" value="${once}">
${key === null ? nothing : html`<input type="hidden" name="${key}" value="${act.subject}">`}
${fields}
<p class="buttons"><button type="submit">${button}</button> <a href="${homeOf(act.app)}">Cancel</a></p>
<p class="refused" role="alert" data-refused></p>
</form>
<div class="note without-key"><p>This browser only reads. To act from here, run <code>${nextText(null, { do: "Dashboard" })}</code> on the host and open the link that it prints, with JavaScript. Or run the command:</p>
<p><code>${commandOf(act)}</code></p></div>`
}

export const confirmPage = (confirm: Confirm): Html => {
  const { act, possible, title } = confirm
  const top = html`<p class="back"><a href="${homeOf(act.app)}">${nameOf(act.app)}</a></p>
<h1>${title}</h1>`
  if ("why" in possible) {
    return html`${top}
<div class="note warn"><p>Not possible now: ${brief(possible.why)}</p>${possible.next === "" ? nothing : html`<p class="next">Next: ${possible.next}</p>`}</div>
<p><a href="${homeOf(act.app)}">Back to ${nameOf(act.app)}</a></p>${possible.details}`
  }
  const { details, fields, plan, will } = possible
  return html`${top}
${will.map((sentence) => html`<p>${sentence}</p>`)}
${
  plan === null
    ? nothing
    : html`<p class="downtime">Downtime: <strong>${plan.until ?? downtimeText(plan.steps, plan.downtime)}</strong></p>
<h2>Steps</h2>
${stepList(plan.steps, { to: plan.to, times: plan.times })}`
}
${form(confirm, fields)}
${details}`
}
