/**
 * What each sink is sent of an app's alerts, and what it is spared: alerts below its level, and failures equal to one that
 * it was sent within a day. An alert that is resolved is told as resolved. Pure.
 */
import { type AlertBook, type AlertRecord, alertsOf, isNotice } from "./alerts.ts"
import { type Event, make } from "./Event.ts"
import { isoMillis } from "./time.ts"

export const levels = ["info", "warning", "error"] as const
export type Level = (typeof levels)[number]

/** How serious a message is. */
export const levelOf = (record: Pick<AlertRecord, "outcome" | "recovered" | "resolved">): Level => {
  if (isNotice(record) || record.resolved !== null) return "info"
  return record.recovered || record.outcome === "refused" ? "warning" : "error"
}

/** The level from which a sink is sent the alert. Good news goes where the alert went that it ends. */
const thresholdOf = (record: AlertRecord): Level => {
  if (record.outcome === "digest") return "info"
  if (record.outcome === "healthy") return "error"
  return levelOf({ ...record, resolved: null })
}

const isFor = (level: Level, record: AlertRecord): boolean =>
  levels.indexOf(thresholdOf(record)) >= levels.indexOf(level)

const dayMs = 24 * 60 * 60 * 1000

/** Times and counts differ from one failure to the next without making it another one. */
const sameWords = (why: string): string =>
  why.replaceAll(
    /\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d+(?:\.\d+)? ?(?:ms|s|min|h)\b|\b\d+ of \d+\b|\b\d+ (?:times|checks)\b/g,
    "…"
  )

const isEqual = (a: AlertRecord, b: AlertRecord): boolean =>
  a.subject === b.subject &&
  a.outcome === b.outcome &&
  a.attempted?.version === b.attempted?.version &&
  sameWords(a.why) === sameWords(b.why)

/** One message to one sink. */
export interface Letter {
  /** `resolved`: the sink was sent the alert earlier, and now its end. */
  readonly about: "alert" | "resolved"
  /** The alert that it describes. */
  readonly record: AlertRecord
  /** The ids of all alerts that it settles. */
  readonly settles: ReadonlyArray<string>
  /** How many equal alerts were raised since the sink was last sent one, this one not counted. */
  readonly equal: number
}

/** What became of an alert for a sink. */
export type Told = Pick<Extract<Event, { readonly type: "AlertDelivered" }>["data"], "alert" | "about" | "unsent">

export interface Dispatch {
  /** In the order in which the alerts were raised. */
  readonly letters: ReadonlyArray<Letter>
  readonly spared: ReadonlyArray<Told>
}

interface SinkOf {
  readonly name: string
  readonly level: Level
}

/** The ends that the sink is still to be told, one letter for each subject. */
const endsFor = (alerts: ReadonlyArray<AlertRecord>, sink: SinkOf): ReadonlyArray<Letter> => {
  const pending = alerts.filter(({ endOwedTo }) => endOwedTo.includes(sink.name))
  const subjects = [...new Set(pending.map(({ subject }) => subject))]
  return subjects.flatMap((subject) => {
    const same = pending.filter((one) => one.subject === subject)
    const record = same.at(-1)
    return record === undefined
      ? []
      : [{ about: "resolved" as const, record, settles: same.map(({ id }) => id), equal: 0 }]
  })
}

/** What the sink is owed now. */
export const dispatchTo = (book: Pick<AlertBook, "alerts">, sink: SinkOf): Dispatch => {
  const alerts = alertsOf(book)
  const isOwed = ({ deliveredTo, owedTo }: AlertRecord) =>
    !deliveredTo.includes(sink.name) && (owedTo.includes(sink.name) || deliveredTo.length === 0)
  // An alert that was resolved before it was sent says so itself; the next failure is a new one.
  const sent = alerts.filter(
    (one) => one.resolved === null && one.deliveredTo.includes(sink.name) && !one.unsentTo.includes(sink.name)
  )
  const letters: Array<Letter> = []
  const spared: Array<Told> = []
  for (const record of alerts.filter(isOwed)) {
    const before = sent.findLast((one) => isEqual(one, record) && one.order < record.order)
    const isRepeated =
      record.resolved === null && before !== undefined && isoMillis(record.at) - isoMillis(before.at) < dayMs
    if (!isFor(sink.level, record)) spared.push({ alert: record.id, unsent: "level" })
    else if (isRepeated) spared.push({ alert: record.id, unsent: "equal" })
    else {
      const since = before?.order ?? record.order
      const equal = alerts.filter(
        (one) => one.order >= since && one.order < record.order && isEqual(one, record)
      ).length
      letters.push({ about: "alert", record, settles: [record.id], equal })
      if (record.resolved === null) sent.push(record)
    }
  }
  return { letters: [...endsFor(alerts, sink), ...letters], spared }
}

/** What a letter tells the sink, once the sink has taken it. */
export const toldBy = ({ about, settles }: Letter): ReadonlyArray<Told> =>
  settles.map((alert) => (about === "resolved" ? { alert, about } : { alert }))

/** The events for what a sink was told, without what the log knows already. */
export const toldEvents = (
  book: Pick<AlertBook, "alerts">,
  told: ReadonlyArray<Told & { readonly to: string }>
): ReadonlyArray<Event> => {
  const alerts = new Map(alertsOf(book).map((record) => [record.id, record]))
  return told
    .filter(({ about, alert, to }) => {
      const record = alerts.get(alert)
      if (record === undefined) return false
      return about === "resolved" ? record.endOwedTo.includes(to) : !record.deliveredTo.includes(to)
    })
    .map((one) => make("AlertDelivered", one))
}
