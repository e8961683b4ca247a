/** Choices that a seed repeats (mulberry32). */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number
  /** In [from, to], both included. */
  readonly int: (from: number, to: number) => number
  readonly chance: (p: number) => boolean
  readonly pick: <A>(from: readonly [A, ...Array<A>]) => A
}

export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (p) => next() < p,
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0]
  }
}
