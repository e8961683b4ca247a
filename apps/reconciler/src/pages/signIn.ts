/** What a browser without a session sees. Pure. */
import { nextText } from "@lastgood/core/domain/Next"
import { type Html, html } from "./html.ts"

/** @param expired the link was used before, or is too old. */
export const signIn = (expired: boolean): Html => html`<h1>${expired ? "This link is no longer valid" : "Sign in"}</h1>
<p>${expired ? "A link works once, for five minutes. " : ""}Run <code>${nextText(null, { do: "Dashboard" })}</code> on this host and open the link that it prints.</p>`

export const notFound = (app: string): Html => html`<h1>No such app</h1>
<p>No app of the configuration is named ${app}. <a href="/">All apps</a></p>`

/** @param why the message, and what to do. */
export const unavailable = (why: string, next: string): Html => html`<h1>Not available now</h1>
<p>${why}</p><p>Next: ${next}</p>`
