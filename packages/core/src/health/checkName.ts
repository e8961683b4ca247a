/** LAW-12: the name of a check is often its URL, and names are recorded as evidence. */
import type { Check } from "../domain/Check.ts"
import { oneLine } from "./problem.ts"

const shown = new WeakMap<Check, string>()

/** The check's name without credentials. Worked out once for each check, which is run for as long as the daemon runs. */
export const checkName = (check: Check): string => {
  const known = shown.get(check)
  if (known !== undefined) return known
  const name = oneLine(check.name)
  shown.set(check, name)
  return name
}
