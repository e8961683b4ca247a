/** What the pages load. Text in the program itself, so that the one file and every package has it. Pure. */
import { createHash } from "node:crypto"
import { script } from "./script.ts"
import { style } from "./style.ts"

export interface Asset {
  /** With a hash of the content: it may be cached for ever. */
  readonly path: `/assets/${string}`
  readonly contentType: string
  readonly text: string
}

const asset = (name: string, ending: string, contentType: string, text: string): Asset => {
  const hash = createHash("sha256").update(text).digest("base64url").slice(0, 16)
  return { path: `/assets/${name}-${hash}.${ending}`, contentType, text }
}

export const styleAsset = asset("style", "css", "text/css; charset=utf-8", style)

export const scriptAsset = asset("script", "js", "text/javascript; charset=utf-8", script)

export const iconAsset = asset(
  "icon",
  "svg",
  "image/svg+xml",
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#17693b"/><path d="M9 17l5 5 10-12" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)

export const assets: ReadonlyArray<Asset> = [styleAsset, scriptAsset, iconAsset]
