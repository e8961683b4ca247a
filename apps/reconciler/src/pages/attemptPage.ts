/** The page of one attempt: its bar, the evidence of its health gates, and its events. Pure. */

import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { nextText } from "@lastgood/core/domain/Next"
import { short, timeOfDay } from "../reading/format.ts"
import { type StoryLine, storyOf } from "../reading/story.ts"
import { appPath } from "./address.ts"
import { type AttemptShown, attemptBody, attemptHead } from "./attempt.ts"
import { type Html, html, nothing } from "./html.ts"
import { badge } from "./state.ts"

export interface AttemptPage extends AttemptShown {
  /** Its events, oldest first. */
  readonly events: ReadonlyArray<Recorded>
  /** How many events were left out. */
  readonly more: number
}

type Gate = Extract<Event, { readonly type: "HealthPassed" | "HealthFailed" }>

const isGate = (event: Event | UnknownEvent): event is Gate =>
  !isUnknown(event) && (event.type === "HealthPassed" || event.type === "HealthFailed")

const evidence = ({ events }: AttemptPage): Html => {
  const gates = events.flatMap(({ event }) => (isGate(event) ? [event] : []))
  if (gates.length === 0) return nothing
  return html`<h2>Health checks</h2>
<div class="scroll"><table class="wide">
<thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Version</th><th scope="col">Saw last</th><th scope="col" class="number">Tries</th></tr></thead>
<tbody>${gates.flatMap(({ data }) =>
    data.checks.map(
      ({ attempts, failures, lastFailure, lastSeen, name, passed }) => html`<tr>
<th scope="row">${name}</th>
<td>${passed ? badge("good", "passed") : badge("bad", "failed")}</td>
<td data-label="Version"><span class="version">${data.version}</span></td>
<td data-label="Saw last">${short(passed ? lastSeen : (lastFailure ?? lastSeen), 400)}</td>
<td data-label="Tries" class="number">${failures} of ${attempts} failed</td>
</tr>
`
    )
  )}</tbody></table></div>`
}

/** The app's own lines stand above, with the reason. */
const line = ({ at, isFailure, type, what }: StoryLine): Html =>
  html`<tr class="${isFailure ? "failing" : ""}"><td><time datetime="${at}">${timeOfDay(at)}</time></td><th scope="row">${type}</th><td>${short(what, 600)}</td></tr>
`

export const attemptPage = (page: AttemptPage): Html => {
  const { app, attempt, events, more } = page
  return html`<p class="back"><a href="${appPath(app)}">${app}</a></p>
<h1>${attempt.kind} of ${app}</h1>
<div class="attempt" id="attempt-${attempt.id}"><div class="head">${attemptHead(page)}</div>
${attemptBody(page, 40)}</div>
${evidence(page)}
<h2>Events</h2>
<div class="scroll"><table class="wide events">
<thead><tr><th scope="col">Time</th><th scope="col">Event</th><th scope="col">Evidence</th></tr></thead>
<tbody>${storyOf(events).map(line)}</tbody></table></div>
${more === 0 ? nothing : html`<p class="soft">And ${more} more: <code>${nextText(app, { do: "Log" })}</code></p>`}`
}
