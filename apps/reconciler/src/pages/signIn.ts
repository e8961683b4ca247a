/** Pages that say why there is nothing else to show. Pure. */
import { nextText } from "@lastgood/core/domain/Next"
import { type Html, html, nothing } from "./html.ts"

/** @param expired the link was used before, or is too old. */
export const signIn = (expired: boolean): Html => html`<h1>${expired ? "This link is no longer valid" : "Sign in"}</h1>
<p>${expired ? "A link works once, for five minutes. " : ""}Run <code>${nextText(null, { do: "Dashboard" })}</code> on this host and open the link that it prints.</p>`

/** @param what `an app named …`. */
export const notFound = (what: string): Html => html`<h1>Nothing here</h1>
<p>No page ${what}. <a href="/">All apps</a></p>`

/** @param why the message, and what to do. */
export const unavailable = (why: string, next: string): Html => html`<h1>Not available now</h1>
<p>${why}</p><p>Next: ${next}</p>`

/** For a form that was sent without the pages' script. */
export const actRefused = (why: string, next: string): Html => html`<h1>Nothing was done</h1>
<p>${why}</p>${next === "" ? nothing : html`<p>Next: ${next}</p>`}<p><a href="/">All apps</a></p>`
