/** Schedules: cron expressions of 5 or 6 fields, and cron's short names for some of them. */
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { makeRecent } from "../domain/recent.ts"

/** Cron's short names. */
export const cronAliases: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *"
}

type Parsed = Result.Result<Cron.Cron, string>

/** Many apps have the same schedule. */
const known = makeRecent<Parsed>(1000)

/** Parses a cron expression, in the host's time zone. The failure is a text. */
export const parseSchedule = (text: string): Parsed => {
  const before = known.get(text)
  if (before !== undefined) return before
  const result = parse(text)
  known.set(text, result)
  return result
}

const parse = (text: string): Parsed => {
  if (text.startsWith("@") && !Object.hasOwn(cronAliases, text)) {
    return Result.fail(`it is not one of ${Object.keys(cronAliases).join(", ")}`)
  }
  const parsed = Cron.parse(Object.hasOwn(cronAliases, text) ? (cronAliases[text] ?? text) : text)
  if (Result.isFailure(parsed)) {
    const fields = text.trim().split(/\s+/).length
    return Result.fail(
      fields === 5 || fields === 6 ? lowerFirst(parsed.failure.message) : `it has ${fields} fields instead of 5 or 6`
    )
  }
  // 31 February parses, but the scheduler would search for a date for ever.
  return Result.try({
    try: () => Cron.next(parsed.success, 0),
    catch: () => "no date ever matches it"
  }).pipe(Result.map(() => parsed.success))
}

/** Any text on one line. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 60)).slice(1, -1)

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

const expected = 'a cron expression such as `"0 3 * * *"`, or `"@daily"`'

export const schedule = Schema.String.annotate({
  description:
    "When to look for a newer version: cron (5 or 6 fields) or a short name such as @daily, in the host's time zone.",
  expected,
  examples: ["0 3 * * *", "@daily"]
}).pipe(
  Schema.check(
    Schema.makeFilter((text: string) => {
      const parsed = parseSchedule(text)
      return Result.isSuccess(parsed) ? true : `expected ${expected}, found \`${shown(text)}\`: ${parsed.failure}`
    })
  )
)
