/** Reasons shortened for an alert, a quarantine or a refusal. Pure. */

import { advise, nextText } from "./Next.ts"

const charactersAtMost = 400

/**
 * The cause comes first in every reason, so the end is cut. The event of the failure itself has the whole text.
 *
 * @param most maximum length in characters, without the note about the cut.
 */
export const brief = (text: string, most = charactersAtMost): string => {
  if (text.length <= most) return text
  const cut = text.slice(0, most)
  const whole = cut.lastIndexOf("; ")
  return `${whole > most / 2 ? cut.slice(0, whole) : cut} … (${nextText(null, advise`${{ do: "Log" }} has the rest`)})`
}
