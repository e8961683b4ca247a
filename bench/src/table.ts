/** The results as the table in docs/benchmarks.md. */
import type { Result } from "./measure.ts"

const time = (ms: number): string => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`)
const ratio = (r: number): string => `${r.toFixed(r < 0.1 ? 3 : 2)}×`

export const table = (results: ReadonlyArray<Result>): string =>
  [
    "| what | lastgood | beside it | ratio (min – max) | target |",
    "|---|---|---|---|---|",
    ...results.map((r) => {
      const met = r.target === null ? "" : `≤ ${ratio(r.target)} ${r.ratio.median <= r.target ? "met" : "**missed**"}`
      return `| ${r.what} | ${r.ours.name}: ${time(r.ours.median)} | ${r.theirs.name}: ${time(r.theirs.median)} | ${ratio(r.ratio.median)} (${ratio(r.ratio.min)} – ${ratio(r.ratio.max)}) | ${met} |`
    })
  ].join("\n")
