/**
 * The life of an alert: raised, delivered to each sink, resolved, acknowledged. Pure. The state keeps an alert until it is
 * resolved and delivered to every sink that is owed it; after that only the log has it.
 *
 * A sink is owed the alerts raised while it is configured, and those that were unresolved when it was added. An alert that
 * no sink has taken yet is owed to every sink. Folding an event takes constant time, except for events that resolve
 * alerts.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Measured } from "./downtime.ts"
import { type Event, make } from "./Event.ts"
import type { FailingSink } from "./failingSinks.ts"
import type { Ref } from "./Ref.ts"
import { compareVersions } from "./Version.ts"

/**
 * The subject of an alert. The same success resolves all alerts of one subject. `attempt`: an attempt failed. `unhealthy`:
 * the app is down or unhealthy. `drift`: the running app differs from the log. `data-missing`: the app's data is missing.
 * `log-behind`: its data is newer than the log. `config`: the configuration or a plugin is broken. `refused:<gate>`: that
 * gate refused a version.
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
  /** Stream version of the event that raised it, which orders alerts. */
  readonly order: number
  readonly subject: string
  readonly outcome: string
  readonly attempted: Ref | null
  readonly lastGood: Ref | null
  readonly recovered: boolean
  readonly why: string
  readonly next: string
  /** Of the attempt that it is about, until then. */
  readonly downtime?: Measured
  readonly deliveredTo: ReadonlyArray<string>
  /** The sinks that have not taken it yet. */
  readonly owedTo: ReadonlyArray<string>
  /** The sinks in `deliveredTo` that were not sent it: an equal alert or their level was enough. */
  readonly unsentTo: ReadonlyArray<string>
  /** The sinks that are still to be told that it is resolved. */
  readonly endOwedTo: ReadonlyArray<string>
  readonly resolved: { readonly at: string; readonly by: string } | null
  readonly acknowledged: { readonly at: string; readonly by: string | null } | null
}

/** The part of an app's state that concerns alerts. */
export interface AlertBook {
  readonly alerts: HashMap.HashMap<string, AlertRecord>
  /** The configured sinks, according to the log. */
  readonly sinks: ReadonlyArray<string>
  /** Those of them that are also told when an alert is resolved. */
  readonly tell: ReadonlyArray<string>
  /** The host's only: sinks that do not take messages. */
  readonly failing: ReadonlyArray<FailingSink>
}

export const emptyBook: AlertBook = { alerts: HashMap.empty(), sinks: [], tell: [], failing: [] }

/** The subject of an alert about an attempt. */
export const subjectOf = (outcome: string, gate?: string): AlertSubject => {
  if (["unhealthy", "left-down", "healthy"].includes(outcome)) return "unhealthy"
  if (outcome !== "refused") return "attempt"
  return gate === undefined ? "refused" : `refused:${gate}`
}

const isAbout = (record: AlertRecord, subjects: ReadonlyArray<AlertSubject>): boolean =>
  subjects.some((subject) => record.subject.startsWith(subject) && (record.subject[subject.length] ?? ":") === ":")

/** Whether the state keeps the alert. */
export type Keep = (record: AlertRecord) => boolean
export const isLive: Keep = ({ deliveredTo, endOwedTo, owedTo, resolved }) =>
  resolved === null || owedTo.length > 0 || deliveredTo.length === 0 || endOwedTo.length > 0

/** Good news, which ends other alerts of its subject. It has no end of its own to tell. */
export const isNotice = ({ outcome }: Pick<AlertRecord, "outcome">): boolean =>
  outcome === "healthy" || outcome === "digest"

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
    : HashMap.toValues(book.alerts)
        .filter(where)
        .reduce((next, record) => put(next, to(record), keep), book)

/** Every sink that was sent the alert is told its end, unless a notice about the same subject tells it. */
const resolve = (book: AlertBook, x: AlertRecord, at: string, by: string): AlertRecord => {
  if (x.resolved !== null) return x
  const isTold =
    isNotice(x) ||
    (x.subject === "unhealthy" && unresolvedAlerts(book, ["unhealthy"]).some((one) => one.outcome === "healthy"))
  const endOwedTo = isTold ? [] : x.deliveredTo.filter((sink) => book.tell.includes(sink) && !x.unsentTo.includes(sink))
  return { ...x, resolved: { at, by }, endOwedTo }
}

/** Time and stream version of the event. */
interface Where {
  readonly at: string
  readonly version: number
}

/** Folds an event about alerts into the book. @param keep which alerts stay in it. */
export const afterAlertEvent = <B extends AlertBook>(
  book: B,
  event: Extract<Event, { readonly type: `Alert${string}` }>,
  { at, version }: Where,
  keep: Keep
): B => {
  switch (event.type) {
    case "AlertRaised": {
      const { alert, ...rest } = event.data
      const fresh = { deliveredTo: [], owedTo: book.sinks, unsentTo: [], endOwedTo: [], resolved: null }
      const record: AlertRecord = { id: alert, at, order: version, ...rest, ...fresh, acknowledged: null }
      if (rest.outcome !== "healthy") return put(book, record, keep)
      const isPending = (x: AlertRecord) => x.endOwedTo.length > 0 && x.subject === rest.subject
      return put(
        changeWhere(book, isPending, keep, (x) => ({ ...x, endOwedTo: [] })),
        record,
        keep
      )
    }
    case "AlertDelivered": {
      const { about, alert, to, unsent } = event.data
      const without = (sinks: ReadonlyArray<string>) => sinks.filter((sink) => sink !== to)
      if (about === "resolved") return change(book, alert, keep, (x) => ({ ...x, endOwedTo: without(x.endOwedTo) }))
      return change(book, alert, keep, (x) => ({
        ...x,
        deliveredTo: [...without(x.deliveredTo), to],
        owedTo: without(x.owedTo),
        unsentTo: unsent === undefined ? x.unsentTo : [...without(x.unsentTo), to]
      }))
    }
    case "AlertResolved":
      return change(book, event.data.alert, keep, (x) => resolve(book, x, at, event.data.by))
    case "AlertAcknowledged":
      return change(book, event.data.alert, keep, (x) => ({
        ...x,
        acknowledged: x.acknowledged ?? { at, by: event.data.by }
      }))
    case "AlertSinksConfigured": {
      const { sinks, tell = [] } = event.data
      const isOwed = (x: AlertRecord, sink: string) =>
        x.owedTo.includes(sink) ||
        ((x.resolved === null || x.deliveredTo.length === 0) && !x.deliveredTo.includes(sink))
      const owed = (x: AlertRecord) => ({
        ...x,
        owedTo: sinks.filter((sink) => isOwed(x, sink)),
        endOwedTo: x.endOwedTo.filter((sink) => tell.includes(sink))
      })
      return { ...changeWhere(book, () => true, keep, owed), sinks, tell }
    }
  }
}

/**
 * A healthy version resolves earlier alerts, except those about a newer version.
 *
 * @param subjects the subjects that are known to be good now.
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
    return !isAbout(x, ["attempt", "refused"]) || isOlder(x)
  }
  return changeWhere(book, isOver, keep, (x) => resolve(book, x, at, by))
}

/** Oldest first. */
export const alertsOf = ({ alerts }: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  HashMap.toValues(alerts).toSorted((a, b) => a.order - b.order)

/** Unresolved alerts, oldest first; of these subjects, or of all. */
export const unresolvedAlerts = (
  book: Pick<AlertBook, "alerts">,
  subjects?: ReadonlyArray<AlertSubject>
): ReadonlyArray<AlertRecord> =>
  alertsOf(book).filter((x) => x.resolved === null && (subjects === undefined || isAbout(x, subjects)))

/** Alerts that are neither resolved nor acknowledged, and need an operator. Oldest first. */
export const openAlerts = (book: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  unresolvedAlerts(book).filter((x) => x.acknowledged === null)

/** Alerts not yet delivered to every sink that is owed them. */
export const undeliveredAlerts = (book: Pick<AlertBook, "alerts">): ReadonlyArray<AlertRecord> =>
  alertsOf(book).filter((x) => x.owedTo.length > 0 || x.deliveredTo.length === 0)

/** The newest alert of an attempt. */
export const alertOfAttempt = (book: Pick<AlertBook, "alerts">, attempt: string | null): AlertRecord | undefined =>
  attempt === null ? undefined : alertsOf(book).findLast((x) => x.id.startsWith(attempt))

/**
 * The events that resolve alerts about drift, health between attempts and configuration. A committed version and a
 * rollback resolve their alerts without such an event (`evolve.ts`).
 */
export const resolveAlerts = (
  book: Pick<AlertBook, "alerts">,
  subjects: ReadonlyArray<AlertSubject>,
  by: string
): ReadonlyArray<Event> => unresolvedAlerts(book, subjects).map(({ id }) => make("AlertResolved", { alert: id, by }))
