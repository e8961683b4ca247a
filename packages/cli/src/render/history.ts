/** The attempts of an app as a table. Pure, but for the time zone of the host. */
import { movedText, type ShownAttempt } from "@lastgood/reconciler/reading/attempts"
import { cut, duration, plural, time } from "./format.ts"
import { table } from "./table.ts"

/** Two versions, the time and the outcome have room in 100 columns. */
const mostOfName = 22

/** As many characters of an id as `log --attempt` needs. */
const shortId = (id: string): string => id.slice(-8)

const down = ({ downtime }: ShownAttempt): string => {
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
  const rows = attempts.map((one) => [
    time(one.at),
    one.kind,
    movedText(one, (version) => (width === null ? version : cut(version, mostOfName))),
    one.outcome ?? "in flight",
    down(one),
    shortId(one.id)
  ])
  const last = attempts.at(-1)
  const example =
    last === undefined ? "" : `\nlastgood log --attempt ${shortId(last.id)} tells what happened in the last one`
  const more =
    begun > attempts.length ? `\n${plural(begun - attempts.length, "older attempt")}: --limit ${begun} shows all` : ""
  return `${table(["began", "what", "version", "outcome", "down for", "attempt"], rows, width)}${more}${example}`
}
