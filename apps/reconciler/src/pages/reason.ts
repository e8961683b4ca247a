/** Why something failed: the reason, and the app's own lines as they were. Pure. */
import { instants, short } from "../reading/format.ts"
import { reasonOf } from "../reading/reason.ts"
import { type Html, html, nothing } from "./html.ts"

/** @param most how many of the app's lines; 0: where another page has them. */
export const reason = (why: string, most: number): Html => {
  const { lines, what } = reasonOf(why)
  return html`<p>${short(instants(what), most > 10 ? 4000 : 400)}</p>
${lines.length === 0 || most === 0 ? nothing : html`<pre class="lines" tabindex="0" role="group" aria-label="Last log lines of the app">${lines.slice(0, most).join("\n")}</pre>`}`
}
