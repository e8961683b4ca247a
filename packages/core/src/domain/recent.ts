/** Values by key, of which only the newest are kept: what a process remembers so as not to work it out again. */
export interface Recent<V> {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
}

/** @param most how many are kept. */
export const makeRecent = <V>(most: number): Recent<V> => {
  const kept = new Map<string, V>()
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.keys()
      if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    }
  }
}
