/**
 * The life of an alert: raised, delivered to each place, resolved, acknowledged. Pure. The state keeps an alert until it
 * is resolved and every place that it is owed to has it; after that only the log has it.
 *
 * A place (a sink) is owed what is raised while it is configured, and what was not resolved when it came. An alert that
 * no place has taken yet is owed to every one. Each event costs the same however many alerts there are, but for those
 * after which alerts end.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { type Event, make } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import { compareVersions } from "./Version.ts"

/**
 * What an alert is about: two alerts of one subject end with the same good news. `attempt`: something that was tried
 * did not work. `unhealthy`: the app is down or not healthy. `drift`: something else runs than the log says.
 * `data-missing`: its data is gone. `log-behind`: its data is newer than the log. `config`: its configuration or a plugin
 * is broken. `refused:<gate>`.
 */
export type AlertSubject =
  | "attempt"
  | "unhealthy"
  | "drift"
  | "data-missing"
  | "log-behind"
  | "config"
  | "refused"
  | `refused:${string}`

export interface AlertRecord {
  readonly id: string
  readonly at: string
  /** The stream's version of the event that raised it: the order of alerts. */
  readonly order: number
  readonly subject: string
  readonly outcome: string
  readonly attempted: Ref | null
  readonly lastGood: Ref | null
  readonly recovered: boolean
  readonly why: string
  readonly next: string
  readonly deliveredTo: ReadonlyArray<string>
  /** The sinks that have not taken it yet. */
  readonly owedTo: ReadonlyArray<string>
  readonly resolved: { readonly at: string; readonly by: string } | null
  readonly acknowledged: { readonly at: string; readonly by: string | null } | null
}

/** What of an app's state is about alerts. */
export interface AlertBook {
  readonly alerts: HashMap.HashMap<string, AlertRecord>
  /** The sinks that the log knows to be configured. */
  readonly sinks: ReadonlyArray<string>
}

export const emptyBook: AlertBook = { alerts: HashMap.empty(), sinks: [] }

/** The subject of an alert about an attempt. */
export const subjectOf = (outcome: string, gate?: string): AlertSubject => {
  if (["unhealthy", "left-down", "healthy"].includes(outcome)) return "unhealthy"
  if (outcome !== "refused") return "attempt"
  return gate === undefined ? "refused" : `refused:${gate}`
}

const isAbout = (record: AlertRecord, subjects: ReadonlyArray<AlertSubject>): boolean =>
  subjects.some((subject) => record.subject === subject || record.subject.startsWith(`${subject}:`))

/** Whether the state still needs it. */
export type Keep = (record: AlertRecord) => boolean
export const isLive: Keep = ({ deliveredTo, owedTo, resolved }) =>
  resolved === null || owedTo.length > 0 || deliveredTo.length === 0

const put = <B extends AlertBook>(book: B, record: AlertRecord, keep: Keep): B => ({
  ...book,
  alerts: keep(record) ? HashMap.set(book.alerts, record.id, record) : HashMap.remove(book.alerts, record.id)
})

const change = <B extends AlertBook>(book: B, id: string, keep: Keep, to: (record: AlertRecord) => AlertRecord): B =>
  Option.match(HashMap.get(book.alerts, id), { onNone: () => book, onSome: (record) => put(book, to(record), keep) })

const changeWhere = <B extends AlertBook>(
  book: B,
  where: Keep,
  keep: Keep,
  to: (record: AlertRecord) => AlertRecord
): B =>
  HashMap.isEmpty(book.alerts)
    ? book
    : HashMap.toValues(HashMap.filter(book.alerts, where)).reduce((next, record) => put(next, to(record), keep), book)

/** Of when, and as which event of the app. */
interface Where {
  readonly at: string
  readonly version: number
}

/** An event about alerts on the book. @param keep which ones stay in it. */
export const afterAlertEvent = <B extends AlertBook>(
  book: B,
  event: Extract<Event, { readonly type: `Alert${string}` }>,
  { at, version }: Where,
  keep: Keep
): B => {
  switch (event.type) {
    case "AlertRaised": {
      const { alert, ...rest } = event.data
      const fresh = { deliveredTo: [], owedTo: book.sinks, resolved: null, acknowledged: null }
      return put(book, { id: alert, at, order: version, ...rest, ...fresh }, keep)
    }
    case "AlertDelivered": {
      const { alert, to } = event.data
      return change(book, alert, keep, (x) => ({
        ...x,
        deliveredTo: [...x.deliveredTo.filter((sink) => sink !== to), to],
        owedTo: x.owedTo.filter((sink) => sink !== to)
      }))
    }
    case "AlertResolved":
      return change(book, event.data.alert, keep, (x) => ({ ...x, resolved: x.resolved ?? { at, by: event.data.by } }))
    case "AlertAcknowledged":
      return change(book, event.data.alert, keep, (x) => ({
        ...x,
        acknowledged: x.acknowledged ?? { at, by: event.data.by }
      }))
    case "AlertSinksConfigured": {
      const { sinks } = event.data
      const isOwed = (x: AlertRecord, sink: string) =>
        x.owedTo.includes(sink) ||
        ((x.resolved === null || x.deliveredTo.length === 0) && !x.deliveredTo.includes(sink))
      const owed = (x: AlertRecord) => ({ ...x, owedTo: sinks.filter((sink) => isOwed(x, sink)) })
      return { ...changeWhere(book, () => true, keep, owed), sinks }
    }
  }
}

/**
 * A version that was seen healthy puts right what was wrong before: all but what is about a newer version.
 *
 * @param subjects what is known to be well now.
 */
export const resolvedBy = <B extends AlertBook>(
  book: B,
  { at, by, ref }: { readonly at: string; readonly by: string; readonly ref: Ref },
  subjects: ReadonlyArray<AlertSubject>,
  keep: Keep
): B => {
  const isOlder = ({ attempted }: AlertRecord) =>
    attempted === null || compareVersions(attempted.version, ref.version) <= 0
  const isOver = (x: AlertRecord) => {
    if (x.resolved !== null || !isAbout(x, subjects)) return false
    return isOlder(x) || !isAbout(x, ["attempt", "refused"])
  }
  return changeWhere(book, isOver, keep, (x) => ({ ...x, resolved: { at, by } }))
}

/** Oldest first. */
export const alertsOf = ({ alerts }: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  HashMap.toValues(alerts).toSorted((a, b) => a.order - b.order)

/** Not resolved, oldest first; of these subjects, or of all. */
export const unresolvedAlerts = (
  book: Pick<AlertBook, "alerts">,
  subjects?: ReadonlyArray<AlertSubject>
): ReadonlyArray<AlertRecord> =>
  alertsOf(book).filter((x) => x.resolved === null && (subjects === undefined || isAbout(x, subjects)))

/** Neither resolved nor acknowledged: somebody has to look. Oldest first. */
export const openAlerts = (book: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  unresolvedAlerts(book).filter((x) => x.acknowledged === null)

/** Raised, and not yet taken by every place that it is owed to. */
export const undeliveredAlerts = (book: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  alertsOf(book).filter((x) => x.owedTo.length > 0 || x.deliveredTo.length === 0)

/** The newest alert of an attempt. */
export const alertOfAttempt = (book: Pick<AlertBook, "alerts">, attempt: string | null): AlertRecord | undefined =>
  attempt === null ? undefined : alertsOf(book).findLast((x) => x.id.startsWith(attempt))

/**
 * The events for what is well again and of which no other event tells: drift, health between attempts, configuration.
 * A committed version and a rollback resolve by themselves (`evolve.ts`).
 */
export const resolveAlerts = (
  book: Pick<AlertBook, "alerts">,
  subjects: ReadonlyArray<AlertSubject>,
  by: string
): ReadonlyArray<Event> => unresolvedAlerts(book, subjects).map(({ id }) => make("AlertResolved", { alert: id, by }))
