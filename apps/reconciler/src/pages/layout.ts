/** What all pages have in common. Pure. */
import { iconAsset, scriptAsset, styleAsset } from "./assets.ts"
import { type Html, html, nothing } from "./html.ts"

/** Pages run only this daemon's own script, are in no frame, and load and ask only this daemon. */
export const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // A page shows the last lines of apps: not for the disk of a browser.
  "cache-control": "no-store"
} as const

/** The part of the log that a page follows. */
export interface Live {
  /** null: all apps. */
  readonly app: string | null
  /** The position of the log that the page shows. */
  readonly position: number
  /** One sentence for a screen reader, told when it changes. */
  readonly said: string
}

export interface Page {
  readonly title: string
  readonly body: Html
  /** The name of the host. */
  readonly host: string
  /** null: the page stays as it is. */
  readonly live: Live | null
}

const following = ({ app, position, said }: Live): Html => {
  const log = `/api/v1/log?${new URLSearchParams({ ...(app === null ? {} : { app }), after: String(position) })}`
  return html` data-log="${log}" data-said="${said}"`
}

export const pageText = ({ body, host, live, title }: Page): string => {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – lastgood</title>
<link rel="stylesheet" href="${styleAsset.path}">
<link rel="icon" href="${iconAsset.path}">
<script type="module" src="${scriptAsset.path}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="name" href="/">lastgood</a><p>on ${host}</p><p class="link" role="status" id="link"></p></header>
<p class="spoken" role="status" aria-live="polite" id="spoken"></p>
<main id="main"${live === null ? nothing : following(live)}>
${body}
</main>
</body>
</html>
`
  return page.markup
}
