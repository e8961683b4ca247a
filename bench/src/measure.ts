/**
 * Measures two ways to do one thing in turn (A B A B …) in one run: machines differ and drift, but ratios of neighbouring
 * rounds are stable.
 */
import { performance } from "node:perf_hooks"

export interface Way {
  readonly name: string
  /** Prepares a round; not timed. */
  readonly before?: () => Promise<void>
  readonly act: () => Promise<void>
}

export interface Pair {
  readonly what: string
  readonly ours: Way
  readonly theirs: Way
  /** Rounds to count, after one round that does not count. */
  readonly rounds: number
  /** The target of the ratio, if any. */
  readonly target?: number
}

export interface Result {
  readonly what: string
  readonly ours: { readonly name: string; readonly median: number }
  readonly theirs: { readonly name: string; readonly median: number }
  /** Median of the rounds' ratios, with minimum and maximum. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number }
  readonly rounds: number
  readonly target: number | null
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2
}

/** @returns milliseconds. */
export const timed = async (way: Way): Promise<number> => {
  await way.before?.()
  const start = performance.now()
  await way.act()
  return performance.now() - start
}

export const measure = async ({ what, ours, theirs, rounds, target }: Pair): Promise<Result> => {
  const a: Array<number> = []
  const b: Array<number> = []
  for (let round = 0; round <= rounds; round++) {
    const mine = await timed(ours)
    const other = await timed(theirs)
    if (round === 0) continue
    a.push(mine)
    b.push(other)
  }
  const ratios = a.map((mine, i) => mine / (b[i] ?? Number.NaN))
  return {
    what,
    ours: { name: ours.name, median: median(a) },
    theirs: { name: theirs.name, median: median(b) },
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
    rounds,
    target: target ?? null
  }
}
