/** Choices that a seed makes again (mulberry32). */
export interface Random {
  /** From 0 to 1. */
  readonly next: () => number
  readonly one: <A>(of: readonly [A, ...Array<A>]) => A
}

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, one: (of) => of[Math.floor(next() * of.length)] ?? of[0] }
}
