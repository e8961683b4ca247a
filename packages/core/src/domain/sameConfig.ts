/**
 * Whether two fingerprints of a service's configuration (`<scheme>.<key id>.<hash>`) are equal. null: they cannot be
 * compared, because one is unknown, was made with another key (a root without its keys, as after an import), or with
 * another scheme. None of these means that the configuration changed.
 */
export const sameConfig = (one: string | null, other: string | null): boolean | null => {
  if (one === null || other === null || kindOf(one) !== kindOf(other)) return null
  return one === other
}

const kindOf = (fingerprint: string): string => fingerprint.slice(0, fingerprint.lastIndexOf("."))
