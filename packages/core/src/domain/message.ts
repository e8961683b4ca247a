/** A letter in words. Pure. */
import type { AlertRecord } from "./alerts.ts"
import type { PredictedDowntime, StepTime } from "./downtime.ts"
import { durationText } from "./durationText.ts"
import { type Letter, type Level, levelOf } from "./letters.ts"
import { forApp } from "./Next.ts"
import { breakerSubject } from "./policy/breaker.ts"

/** What a sink sends: an alert, its end, or another text of lastgood. Plain text without secrets (LAW-12). */
export interface Message {
  /** The same for each try, so that a server may recognize a second one. */
  readonly id: string
  /** Empty: of the host. */
  readonly app: string
  readonly level: Level
  /** The alert's outcome, `resolved`, `digest` or `test`. */
  readonly outcome: string
  readonly title: string
  /** Lines; never empty. */
  readonly text: string
  /** ISO 8601. */
  readonly at: string
}

const version = (ref: { readonly version: string } | null): string => ref?.version ?? "the upgrade"

const subjectText = (record: AlertRecord): string => {
  const { attempted, lastGood, outcome, subject } = record
  switch (outcome) {
    case "recovered":
      return `${version(attempted)} failed, rolled back to ${lastGood?.version ?? "the last good version"}`
    case "unhealthy":
      return attempted === null ? "unhealthy" : `${version(attempted)} failed, and the app is not healthy`
    case "left-down":
      return `left down after ${version(attempted)} failed`
    case "refused":
      if (subject === breakerSubject) return "automatic upgrades are stopped"
      return `${version(attempted)} refused`
    case "healthy":
      return "healthy again"
    case "failed":
      if (subject === "config") return "its configuration is broken"
      return `${version(attempted)} failed`
    default:
      return subject
  }
}

const titleOf = (app: string, { about, record }: Letter): string => {
  if (record.outcome === "digest") return "lastgood: daily digest"
  const text = subjectText(record)
  if (about === "resolved") return `${app}: resolved: ${text}`
  // The sink was away until the end of it.
  const isNews = record.resolved === null || record.outcome === "healthy"
  return isNews ? `${app}: ${text}` : `${app}: ${text} (resolved)`
}

const stepsText = (steps: ReadonlyArray<StepTime>): string =>
  steps.map(({ ms, step }) => `${step} ${durationText(ms)}`).join(", ")

/** How long the attempt kept the app down, or for a refused version, how long its upgrade will. */
const downtimeLine = ({ downtime, outcome }: AlertRecord, expected: PredictedDowntime | null): string => {
  if (outcome === "refused") {
    return expected === null ? "" : `The upgrade keeps the app down for about ${durationText(expected.ms)}.`
  }
  if (downtime === undefined) return ""
  const { downSince, ms, steps } = downtime
  return downSince === null
    ? `The app was down for ${durationText(ms)} (${stepsText(steps)}).`
    : `The app is down since ${downSince}.`
}

const linesOf = ({ about, equal, record }: Letter, expected: PredictedDowntime | null): ReadonlyArray<string> => {
  const { at, next, resolved, why } = record
  if (record.outcome === "digest") return [why]
  const end = resolved === null ? "" : `Resolved at ${resolved.at}: ${resolved.by}`
  if (about === "resolved") return [end, `It had been raised at ${at}: ${why}`]
  return [
    why,
    equal === 0 ? "" : `The same as ${equal === 1 ? "an alert" : `${equal} alerts`} before it that was not resolved.`,
    end,
    downtimeLine(record, expected),
    next === "" || resolved !== null ? "" : `Next: ${next}`,
    `Raised at ${at}.`
  ]
}

/**
 * @param shown the app's name for people; the host's, for alerts without an app.
 * @param expected the downtime of the app's next upgrade; null: unknown.
 */
export const messageFrom = (
  app: string,
  shown: string,
  letter: Letter,
  expected: PredictedDowntime | null = null
): Message => {
  const { about, record } = letter
  return {
    id: about === "resolved" ? `${record.id}-resolved` : record.id,
    app,
    level: about === "resolved" ? "info" : levelOf(record),
    outcome: about === "resolved" ? "resolved" : record.outcome,
    title: titleOf(shown, letter),
    text: forApp(
      app,
      linesOf(letter, expected)
        .filter((line) => line !== "")
        .join("\n")
    ),
    at: record.at
  }
}

/** The message of `notify test`. */
export const testMessage = (at: string): Message => ({
  id: `${at}-test`,
  app: "",
  level: "info",
  outcome: "test",
  title: "lastgood: test message",
  text: "This sink works. Alerts of lastgood arrive like this message.",
  at
})

/** A template with `{title}`, `{text}`, `{app}`, `{level}`, `{outcome}` and `{at}` filled in. */
export const filled = (template: string, message: Message): string =>
  template.replaceAll(/\{(title|text|app|level|outcome|at)\}/g, (whole, key: string) => {
    switch (key) {
      case "title":
        return message.title
      case "text":
        return message.text
      case "app":
        return message.app
      case "level":
        return message.level
      case "outcome":
        return message.outcome
      case "at":
        return message.at
      default:
        return whole
    }
  })
