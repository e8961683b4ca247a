/** Reasons as an alert, a quarantine and a refusal repeat them: the cause, of a bounded length. Pure. */

import { advise, nextText } from "./Next.ts"

const charactersAtMost = 400

/**
 * The cause comes first in every reason, so the end is what is cut; the event of the failure itself has all of it.
 *
 * @param most characters, the mark of the cut not counted.
 */
export const brief = (text: string, most = charactersAtMost): string => {
  if (text.length <= most) return text
  const cut = text.slice(0, most)
  const whole = cut.lastIndexOf("; ")
  return `${whole > most / 2 ? cut.slice(0, whole) : cut} … (${nextText(null, advise`${{ do: "Log" }} has the rest`)})`
}
