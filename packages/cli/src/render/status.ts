/** `status` for people. Pure. */
import { parseRevision } from "@lastgood/core/domain/Revision"
import { type AppStatus, waitsForQuarantine } from "@lastgood/core/domain/status"
import type { Standing } from "@lastgood/core/engine/standing"
import { type Unconfigured, unconfiguredText } from "@lastgood/reconciler/reading/unconfigured"
import { cut, instants, oneLine, readable, short, time } from "./format.ts"
import { fits, table } from "./table.ts"

/** An app's state from the log, its observed state if the runtime was asked, and the process that works on it. */
export type Shown = AppStatus & Partial<Omit<Standing, keyof AppStatus>> & { readonly workedOnBy?: string | null }

/** On a terminal, reasons are cut: the log has them whole. Paths and remedies are not, because people type them. */
const details = (status: Shown, width: number | null): ReadonlyArray<string> => [
  ...reasons(status)
    .map((reason) => oneLine(instants(reason)))
    .map((reason) => (width === null ? reason : cutReason(readable(reason)))),
  ...((status.next ?? null) === null ? [] : [oneLine(`next: ${status.next}`)]),
  ...pinned(status),
  ...setAside(status)
]

/** Of an app that waits for an operator, the reason ends with the remedy. */
const cutReason = (reason: string): string => (reason.startsWith("waits for an operator: ") ? reason : short(reason))

/** Each failed upgrade sets data aside, so a bad week has many: one line for all, with the paths of the newest. */
const setAside = ({ setAside: all }: Shown): ReadonlyArray<string> => {
  const sorted = all.toSorted((a, b) => a.until.localeCompare(b.until))
  const [first, newest] = [sorted[0], sorted.at(-1)]
  if (first === undefined || newest === undefined) return []
  const paths = newest.paths.join(", ")
  if (first === newest) return [oneLine(`data set aside until ${time(newest.until)}: ${paths}`)]
  return [
    oneLine(
      `data set aside ${all.length} times, kept until ${time(first.until)} to ${time(newest.until)}: newest ${paths}`
    )
  ]
}

/** Where the images are the versions: a tag alone does not say what runs. */
const pinned = ({ now, running }: Shown): ReadonlyArray<string> =>
  (parseRevision(running ?? "") === null ? [] : (now?.services ?? [])).flatMap(({ image, name }) => {
    const [, tag, digest] = /^(.*)@sha256:([0-9a-f]{12})/.exec(image ?? "") ?? []
    return digest === undefined ? [] : [oneLine(`${name} runs ${tag} at sha256:${digest}`)]
  })

const reasons = (status: Shown): ReadonlyArray<string> => [
  ...((status.workedOnBy ?? null) === null ? [] : [`claimed by ${status.workedOnBy}`]),
  ...((status.reason ?? null) === null ? [] : [status.reason ?? ""]),
  ...(status.envChanged === true
    ? [`its env file has changed since it was deployed; to apply it: lastgood deploy ${status.app}`]
    : []),
  ...(status.approved === null ? [] : [`${status.approved.version} is approved since ${time(status.approved.at)}`]),
  ...(status.waitingFor === null || waitsForQuarantine(status) ? [] : [`waits for ${status.waitingFor}`]),
  ...status.quarantined.map(
    (q) => `${q.version} is quarantined${q.until === null ? "" : ` until ${time(q.until)}`}: ${q.reason}`
  )
]

/** An adopted app has no labels. Without drift, it runs the version in the log. */
const runsNow = ({ drift, now, running }: Shown): string => {
  if (now === null || now === undefined) return "?"
  const isThere = now.services.some(({ since }) => since !== null)
  return now.version ?? (!isThere ? "" : drift === null ? (running ?? "?") : "?")
}

/** Open alerts that belong to no app. */
export const hostText = (alerts: ReadonlyArray<{ readonly why: string }>): ReadonlyArray<string> => [
  ...alerts.map(({ why }) => `this host: ${short(oneLine(instants(why)))}`),
  ...(alerts.length === 0 ? [] : ["this host: next: lastgood alerts _host"])
]

/** Apps that were taken out of the configuration. */
export const leftText = (apps: ReadonlyArray<Unconfigured>): ReadonlyArray<string> =>
  apps.flatMap((one) => [`${one.app}: ${unconfiguredText(one)}`, `${one.app}: next: ${one.next}`])

/** @param daemon the process that watches the apps; null: none. */
export const watchedText = (daemon: string | null): string =>
  daemon === null ? "no daemon is running; to start one: lastgood reconcile" : `watched by ${oneLine(instants(daemon))}`

/** When the apps were asked themselves, if that was earlier than the rest was looked at. */
export const checkedText = (apps: ReadonlyArray<Pick<Shown, "health">>): ReadonlyArray<string> => {
  const [oldest] = apps.flatMap(({ health }) => health?.at ?? []).toSorted()
  return oldest === undefined
    ? []
    : [`health as the daemon checked it since ${time(oldest)}; to check one app now: lastgood status <app>`]
}

/** Versions are recognized by less, but not by much less. */
const leastOfVersion = 12

/** `20261126T163519Z…`: its time. `lastgood snapshots` lists them whole. */
const leastOfSnapshot = 17

/**
 * Rows that fit into their lines, if that is possible: if they are too long, the columns of versions are cut, which are
 * those between the phase and the snapshot, and then that of the snapshot.
 */
const fitted = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>, width: number) => {
  const last = head.length - 1
  const isVersion = (column: number) => column > 1 && column < last
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const taken = widths.reduce((sum, one, i) => sum + (isVersion(i) ? 0 : one), 2 * last)
  const versions = Math.max(leastOfVersion, Math.floor((width - taken) / (last - 2)))
  const total = widths.reduce((sum, one, i) => sum + (isVersion(i) ? Math.min(one, versions) : one), 2 * last)
  const snapshot = total > width ? leastOfSnapshot : Number.POSITIVE_INFINITY
  return rows.map((row) =>
    row.map((cell, i) => (isVersion(i) ? cut(cell, versions) : i === last ? short(cell, snapshot) : cell))
  )
}

/** @param width of the terminal; null: not a terminal, and nothing is cut. */
export const statusText = (apps: ReadonlyArray<Shown>, width: number | null): string => {
  if (apps.length === 0) return "no apps; lastgood init writes an example"
  const isAsked = apps.some(({ now }) => (now ?? null) !== null)
  const rows = apps.map((s) => [
    ...[s.app, s.phase],
    ...(isAsked ? [runsNow(s)] : []),
    ...[s.running ?? "", s.lastGood ?? "", s.snapshot ?? ""]
  ])
  const notes = apps.flatMap((s) => details(s, width).map((line) => `${s.app}: ${line}`))
  const head = ["app", "phase", ...(isAsked ? ["runs now", "should run"] : ["running"]), "last good", "newest snapshot"]
  const cut = width === null ? rows : fitted(head, rows, width)
  return [table(head, fits(head, cut, width) ? cut : rows, width), ...notes].join("\n")
}
