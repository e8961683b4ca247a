/** Times and texts as the pages show them. Pure, but for the host's time zone. */
import { iso, isoMillis } from "@lastgood/core/domain/time"
import { short, time } from "../reading/format.ts"
import { type Html, html } from "./html.ts"

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000]
] as const

/** `3 days`, `1 hour`, `45 seconds`: the largest unit, rounded down. */
export const roughly = (ms: number): string => {
  const [unit, size] = units.find(([, size]) => ms >= size) ?? units[3]
  const count = Math.floor(Math.max(0, ms) / size)
  return `${count} ${unit}${count === 1 ? "" : "s"}`
}

const element = (at: string, text: string): Html =>
  html`<time datetime="${iso(isoMillis(at))}" title="${time(at)}">${text}</time>`

/** How long ago. @param now epoch milliseconds. */
export const ago = (at: string, now: number): Html => {
  const ms = now - isoMillis(at)
  if (ms < 0) return element(at, `in ${roughly(-ms)}`)
  return element(at, ms < 1000 ? "now" : `${roughly(ms)} ago`)
}

/** For how long: `for 3 days`. @param now epoch milliseconds. */
export const lasting = (since: string, now: number): Html =>
  element(since, `for ${roughly(Math.max(0, now - isoMillis(since)))}`)

/** To the minute. */
export const moment = (at: string): Html => {
  const [date = "", clock = ""] = time(at).split(" ")
  return element(at, `${date} ${clock.slice(0, 5)}${clock.replace(/^[\d:.]+/, "").replace("Z", " UTC")}`)
}

/** Cut in the middle, because versions and digests differ at both ends. */
export const middle = (text: string, most = 36): string =>
  text.length <= most ? text : `${text.slice(0, Math.ceil(most / 2))}…${text.slice(1 - Math.floor(most / 2))}`

export const version = (name: string | null): Html =>
  name === null
    ? html`<span class="none">none</span>`
    : html`<span class="version" title="${name}">${middle(name)}</span>`

export const brief = (text: string): string => short(text, 280)
