/** Several refusals as one, so that an operator learns of all of them at once. Pure. */
import type { Refusal } from "./Decision.ts"
import { advise, type Next } from "./Next.ts"

/** More would bury the first. */
const mostNamed = 12

const numbered = (parts: ReadonlyArray<Next>): Next =>
  parts.reduce<Next>((text, part, i) => (i === 0 ? advise`(1) ${part}` : advise`${text}; (${i + 1}) ${part}`), "")

const isSame = (one: Next, other: Next): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The gate is that of the first; undefined: there is none. Hazards with one remedy have it once. */
export const allOf = (refusals: ReadonlyArray<Refusal>): Refusal | undefined => {
  const [first, ...others] = refusals
  if (first === undefined || others.length === 0) return first
  const named = refusals.slice(0, mostNamed)
  const more = refusals.length - named.length
  const rest = more === 0 ? "" : `; and ${more} more`
  const reasons = named.map(({ reason }, i) => `(${i + 1}) ${reason}`).join("; ")
  const next = named.every((one) => isSame(one.next, first.next)) ? first.next : numbered(named.map((one) => one.next))
  return {
    gate: first.gate,
    reason: reasons + rest,
    next: more === 0 ? next : advise`${next}; ${{ do: "Doctor" }} lists all`
  }
}
