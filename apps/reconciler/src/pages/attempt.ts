/** An attempt as a bar that is split by its steps. Pure. */
import type { Downtime } from "@lastgood/core/domain/downtime"
import { isoMillis } from "@lastgood/core/domain/time"
import type { ShownAttempt, ShownStep } from "../reading/attempts.ts"
import { duration } from "../reading/format.ts"
import { attemptPath } from "./address.ts"
import { moment, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"
import { reason } from "./reason.ts"
import { outcomeOf } from "./state.ts"

/** What the app goes through in a step: it is up, it is down, its data is copied, or put back. */
const classOf = ({ ok, step }: ShownStep): string => {
  if (!ok) return "failed"
  if (step === "snapshot") return "capture"
  if (step === "restore" || step === "stage") return "restore"
  return step === "undeploy" || step === "deploy" ? "down" : "up"
}

/** Steps shorter than this share of the attempt would not be seen. */
const leastShare = 0.004

interface Piece {
  readonly step: ShownStep
  readonly ms: number
}

const piecesOf = ({ steps }: ShownAttempt, now: number): ReadonlyArray<Piece> =>
  steps.map((step) => ({
    step,
    ms: Math.max(0, (step.until === null ? now : isoMillis(step.until)) - isoMillis(step.at))
  }))

const labelOf = ({ ms, step }: Piece): string =>
  `${step.isBack ? "rollback: " : ""}${step.step} ${duration(ms)}${step.ok ? "" : ", failed"}`

const bar = (pieces: ReadonlyArray<Piece>): Html => {
  const total = pieces.reduce((sum, { ms }) => sum + ms, 0)
  if (total === 0) return nothing
  let x = 0
  const parts = pieces.map((piece) => {
    const width = Math.max(leastShare, piece.ms / total) * 1000
    const part = html`<rect class="${classOf(piece.step)}" x="${x.toFixed(1)}" y="0" width="${Math.max(1, width - 2).toFixed(1)}" height="20"><title>${labelOf(piece)}</title></rect>`
    x += width
    return part
  })
  const text = pieces.map(labelOf).join(", ")
  return html`<svg class="bar" viewBox="0 0 ${x.toFixed(1)} 20" preserveAspectRatio="none" role="img" aria-label="${text}">${parts}</svg>`
}

const key = (piece: Piece): Html =>
  html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${classOf(piece.step)}" width="10" height="10"/></svg> ${labelOf(piece)}</li>`

/** Long enough to be worth a word beside the bar. */
const isWorthAWord = (pieces: ReadonlyArray<Piece>) => {
  const total = pieces.reduce((sum, { ms }) => sum + ms, 0)
  return ({ ms, step }: Piece): boolean => !step.ok || ms >= total / 50
}

/** @param now epoch milliseconds. */
const downText = ({ downSince, ms }: Downtime, now: number): string =>
  downSince === null ? `down ${duration(ms)}` : `down for ${duration(ms + now - isoMillis(downSince))} so far`

/** What is left to do, while it is in flight. */
const rest = (remaining: ReadonlyArray<string>): Html =>
  remaining.length === 0 ? nothing : html`<p class="soft">Then: ${remaining.join(", ")}</p>`

/** An attempt as it is shown: with what the list or its own page adds to it. */
export interface AttemptShown {
  readonly app: string
  readonly attempt: ShownAttempt
  /** null: the attempt did not take the app down, or is too old. */
  readonly downtime: Downtime | null
  /** The steps that an attempt in flight has not begun. */
  readonly remaining: ReadonlyArray<string>
  /** Epoch milliseconds. */
  readonly now: number
}

const versionsOf = ({ from, to }: ShownAttempt): Html =>
  from === to || from === null ? version(to) : html`${version(from)} → ${version(to)}`

/** Outcome, downtime, reason, and the bar. @param lines how many log lines of the app. */
export const attemptBody = ({ attempt, now, remaining }: AttemptShown, lines: number): Html => {
  const pieces = piecesOf(attempt, now)
  return html`${attempt.why === "" ? nothing : reason(attempt.why, lines)}
${bar(pieces)}
<ul class="keys">${pieces.filter(isWorthAWord(pieces)).map(key)}</ul>
${attempt.outcome === null ? rest(remaining) : nothing}`
}

export const attemptHead = ({ attempt, downtime, now }: AttemptShown): Html =>
  html`<span>${versionsOf(attempt)}</span>${outcomeOf(attempt.outcome)}${downtime === null ? nothing : html`<span class="soft">${downText(downtime, now)}</span>`}${moment(attempt.at)}`

export const attemptItem = (shown: AttemptShown): Html => {
  const { app, attempt } = shown
  return html`<li class="attempt" id="attempt-${attempt.id}">
<div class="head"><h3><a href="${attemptPath(app, attempt.id)}">${attempt.kind}</a></h3>${attemptHead(shown)}</div>
${attemptBody(shown, 0)}
</li>
`
}
