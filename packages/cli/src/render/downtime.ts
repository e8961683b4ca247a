/** Downtimes for people. Pure. */
import type { Downtime, PredictedDowntime, StepTime } from "@lastgood/core/domain/downtime"
import { duration, plural, time } from "./format.ts"

const stepsText = (steps: ReadonlyArray<StepTime>): string =>
  steps.map(({ ms, step }) => `${step} ${duration(ms)}`).join(", ")

/** `12 s (undeploy 2.0 s, snapshot 4.1 s, …)`, measured. */
export const downtimeText = ({ downSince, ms, steps }: Pick<Downtime, "downSince" | "ms" | "steps">): string =>
  `${downSince === null ? duration(ms) : `down since ${time(downSince)}`} (${stepsText(steps)})`

/** Before an upgrade. */
export const predictedText = (predicted: PredictedDowntime | null): string =>
  predicted === null
    ? "unknown: no attempt has measured it yet"
    : `about ${duration(predicted.ms)} (${stepsText(predicted.steps)}), from ${plural(predicted.attempts, "attempt")}`
