/** The attempts of an app as a table. Pure, but for the time zone of the host. */
import { isoMillis } from "@lastgood/core/domain/time"
import { movedText, type ShownAttempt } from "@lastgood/reconciler/reading/attempts"
import { cut, duration, plural, time } from "./format.ts"
import { table } from "./table.ts"

/** Two versions, the time and the outcome have room in 100 columns. */
const mostOfName = 22

/** As many characters of an id as `log --attempt` needs. */
const shortId = (id: string): string => id.slice(-8)

const isTakenDown = ({ kind, outcome }: ShownAttempt): boolean =>
  (kind === "stop" || kind === "remove") && outcome === "done"

/** From the begin of the undeploy to the next passed health gate, which a later attempt has. */
const stoppedFor = ({ at, steps }: ShownAttempt, later: ReadonlyArray<ShownAttempt>): string => {
  const down = steps.find(({ step }) => step === "undeploy")?.at ?? at
  const up = later.flatMap((one) => one.steps).find(({ ok, step, until }) => step === "health" && ok && until !== null)
  return up?.until == null ? "still down" : duration(isoMillis(up.until) - isoMillis(down))
}

const down = (attempt: ShownAttempt, later: ReadonlyArray<ShownAttempt>): string => {
  const { downtime } = attempt
  if (isTakenDown(attempt)) return stoppedFor(attempt, later)
  if (downtime === undefined) return ""
  return downtime.downSince === null ? duration(downtime.ms) : "still down"
}

/**
 * @param attempts the newest, oldest first.
 * @param begun how many there were.
 * @param width of the terminal; null: not a terminal, and nothing is cut.
 */
export const historyText = (attempts: ReadonlyArray<ShownAttempt>, begun: number, width: number | null): string => {
  if (attempts.length === 0) return "no attempts yet"
  const rows = attempts.map((one, index) => [
    time(one.at),
    one.kind,
    movedText(one, (version) => (width === null ? version : cut(version, mostOfName))),
    one.outcome ?? "in flight",
    down(one, attempts.slice(index + 1)),
    shortId(one.id)
  ])
  const last = attempts.at(-1)
  const example =
    last === undefined ? "" : `\nlastgood log --attempt ${shortId(last.id)} tells what happened in the last one`
  const more =
    begun > attempts.length ? `\n${plural(begun - attempts.length, "older attempt")}: --limit ${begun} shows all` : ""
  return `${table(["began", "what", "version", "outcome", "down for", "attempt"], rows, width)}${more}${example}`
}
