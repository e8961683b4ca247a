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
export const iconPath = "/assets/icon.svg"

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
<link rel="icon" href="${iconPath}">
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

export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#17693b"/><path d="M9 17l5 5 10-12" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
