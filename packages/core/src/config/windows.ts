/** `window:`, the times at which an automatic upgrade may begin: a text, or a list of them. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parseWindow, type Window } from "../domain/policy/window.ts"

/** The time zone of the host (`TZ`, or `/etc/localtime`). */
const hostZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

const expected =
  'a time of the week such as `"Sat,Sun 02:00-05:00"`, `"02:00-05:00"` or `"Mon-Fri 22:00-04:00 Europe/Warsaw"`'

const one = Schema.String.annotate({
  description: "Days (default: every day), times, and a time zone (default: the host's).",
  examples: ["Sat,Sun 02:00-05:00", "Mon-Fri 22:00-04:00 Europe/Warsaw"]
})

/** Checked as a whole: of a union, a message tells nothing about its members. */
export const windowField = Schema.Union([one, Schema.Array(one)])
  .annotate({
    description: "When an automatic upgrade may begin: one window, or a list of them. Default: at any time.",
    expected
  })
  .pipe(
    Schema.check(
      Schema.makeFilter((said: string | ReadonlyArray<string>) => {
        const texts = typeof said === "string" ? [said] : said
        if (texts.length === 0) return `expected ${expected}, found an empty list`
        for (const text of texts) {
          const parsed = parseWindow(text, "UTC")
          if (Result.isSuccess(parsed)) continue
          const found = JSON.stringify(text.slice(0, 60)).slice(1, -1)
          return `expected ${expected}, found \`${found}\`: ${parsed.failure}`
        }
        return true
      })
    )
  )

/** @param said as checked by the schema. */
export const toWindows = (said: string | ReadonlyArray<string> | undefined): ReadonlyArray<Window> =>
  (said === undefined ? [] : typeof said === "string" ? [said] : said).flatMap((text) =>
    Result.match(parseWindow(text, hostZone()), { onSuccess: (window) => [window], onFailure: () => [] })
  )
