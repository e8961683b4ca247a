/** What all pages have in common. Pure. */
import { type Html, html } from "./html.ts"

/** Pages run no script, are in no frame, and load only what this daemon serves. */
export const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // A page shows the last lines of apps: not for the disk of a browser.
  "cache-control": "no-store"
} as const

export const stylePath = "/assets/style.css"

export interface Page {
  readonly title: string
  readonly body: Html
  /** The name of the host. */
  readonly host: string
}

export const pageText = ({ body, host, title }: Page): string => {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – lastgood</title>
<link rel="stylesheet" href="${stylePath}">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="name" href="/">lastgood</a><p>on ${host}</p></header>
<main id="main">
${body}
</main>
</body>
</html>
`
  return page.markup
}
