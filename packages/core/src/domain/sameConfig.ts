/**
 * Whether two fingerprints of a service's configuration (`<scheme>.<which key>.<word>`) say the same. null: they cannot be
 * compared. One was not known, was made with another key (a root without its keys, as an import leaves it), or by a
 * lastgood that made them in another way: none of that is a change by hand.
 */
export const sameConfig = (one: string | null, other: string | null): boolean | null => {
  if (one === null || other === null || kindOf(one) !== kindOf(other)) return null
  return one === other
}

const kindOf = (fingerprint: string): string => fingerprint.slice(0, fingerprint.lastIndexOf("."))
