/** The steps of a plan, as a page tells them before they happen. Pure. */

import type { PredictedDowntime, StepTime } from "@lastgood/core/domain/downtime"
import { duration, plural } from "../reading/format.ts"
import { version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"

interface Going {
  /** The version that the plan deploys. */
  readonly to: string | null
  /** The last step that keeps the app down, by the prediction, is the beginning of `health`. */
  readonly times: ReadonlyArray<StepTime>
}

const told = (step: string, to: string | null): Html | string => {
  const target = to === null ? "the app" : version(to)
  switch (step) {
    case "prefetch":
      return html`fetches ${target}, and checks for hazards and free space`
    case "check":
      return "checks the app's health once"
    case "stage":
      return "verifies the snapshot and unpacks it beside the data"
    case "undeploy":
      return "stops the app, and proves that nothing can write"
    case "snapshot":
      return "copies the data"
    case "restore":
      return "sets the present data aside, and puts the data of the snapshot in its place"
    case "deploy":
      return html`starts ${target}`
    case "health":
      return "checks the app until it stays healthy"
    case "commit":
      return html`makes ${target} the last good version`
    case "conclude":
      return "records how it ended"
    case "seal":
      return "computes the checksums of the snapshot"
    case "tidy":
      return "removes snapshots and data set aside that are no longer kept"
    case "remove":
      return "records that the app is down for good"
    default:
      return ""
  }
}

/** The app is down from `undeploy` until the health checks have passed once. */
const isDown = (steps: ReadonlyArray<string>, index: number): boolean => {
  const from = steps.indexOf("undeploy")
  const until = steps.lastIndexOf("health")
  return from !== -1 && index >= from && (until === -1 || index <= until)
}

export const stepList = (steps: ReadonlyArray<string>, { times, to }: Going): Html =>
  html`<ol class="steps">${steps.map((step, index) => {
    const time = times.find((one) => one.step === step)
    return html`<li class="${isDown(steps, index) ? "down" : "up"}"><strong>${step}</strong> <span>${told(step, to)}</span>${time === undefined ? nothing : html` <span class="soft">about ${duration(time.ms)}</span>`}</li>
`
  })}</ol>
<p class="soft">${steps.includes("undeploy") ? "Marked: the app is down." : "The app stays up."}</p>`

export const downtimeText = (steps: ReadonlyArray<string>, predicted: PredictedDowntime | null): string => {
  if (!steps.includes("undeploy")) return "none"
  if (predicted === null) return "unknown: no upgrade has measured it yet"
  return `about ${duration(predicted.ms)}, from ${plural(predicted.attempts, "attempt")}`
}
