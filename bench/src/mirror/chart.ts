/** Draws times over sizes, both by their logarithm: a straight line that rises by one decade in one is proportional. */
import type { Series } from "./series.ts"

const width = 760
const height = 430
const plot = { left: 64, right: 596, top: 64, bottom: 372 }

const style = `
    text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; font-size: 13px; }
    .page { fill: #ffffff; stroke: #d1d9e0; }
    .title { fill: #1f2328; font-size: 15px; font-weight: 600; }
    .text { fill: #59636e; }
    .grid { stroke: #d1d9e0; stroke-width: 1; }
    .line { fill: none; stroke-width: 2; }
    .other { stroke: #818b98; }
    .other.dot { fill: #818b98; }
    .other.name { fill: #59636e; stroke: none; }
    .ours { stroke: #0969da; }
    .ours.dot { fill: #0969da; }
    .ours.name { fill: #0550ae; stroke: none; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #3d444d; }
      .title { fill: #e6edf3; }
      .text, .other.name { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .ours { stroke: #4493f8; }
      .ours.dot { fill: #4493f8; }
      .ours.name { fill: #79c0ff; }
    }
  `

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const size = (megabytes: number): string => (megabytes < 1024 ? `${megabytes} MiB` : `${megabytes / 1024} GiB`)

const duration = (seconds: number): string =>
  seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${seconds} s`

/** A scale by the logarithm. */
const scale = (from: number, to: number, start: number, end: number) => (value: number) =>
  start + (Math.log(value / from) / Math.log(to / from)) * (end - start)

/** Moves labels apart, in their order from the top. */
const apart = (wanted: ReadonlyArray<number>, distance: number): ReadonlyArray<number> => {
  const order = wanted.map((y, i) => ({ y, i })).toSorted((a, b) => a.y - b.y)
  const placed = new Array<number>(wanted.length)
  let last = Number.NEGATIVE_INFINITY
  for (const { i, y } of order) {
    last = Math.max(y, last + distance)
    placed[i] = last
  }
  return placed
}

const mark = (isOurs: boolean): string => (isOurs ? "ours" : "other")

/** @param isOurs whether a series stands out. */
export const draw = (title: string, series: ReadonlyArray<Series>, isOurs: (name: string) => boolean): string => {
  const points = series.flatMap((one) => one.points)
  const sizes = [...new Set(points.map(({ megabytes }) => megabytes))].toSorted((a, b) => a - b)
  const seconds = points.map((point) => point.seconds)
  const decades = [Math.floor(Math.log10(Math.min(...seconds))), Math.ceil(Math.log10(Math.max(...seconds)))] as const
  const x = scale(sizes[0] ?? 1, sizes.at(-1) ?? 1, plot.left + 16, plot.right)
  const y = scale(10 ** decades[0], 10 ** decades[1], plot.bottom, plot.top)
  const at = (value: number): string => value.toFixed(1)
  const ends = apart(
    series.map(({ points: own }) => y(own.at(-1)?.seconds ?? 1)),
    17
  )
  const rows = Array.from({ length: decades[1] - decades[0] + 1 }, (_, i) => 10 ** (decades[0] + i))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `  <title id="title">${escaped(title)}</title>`,
    `  <style>${style}</style>`,
    `  <rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    `  <text class="title" x="24" y="34">${escaped(title)}</text>`,
    ...rows.flatMap((value) => [
      `  <line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at(y(value))}" y2="${at(y(value))}"/>`,
      `  <text class="text" x="${plot.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${duration(value)}</text>`
    ]),
    ...sizes.map(
      (value) =>
        `  <text class="text" x="${at(x(value))}" y="${plot.bottom + 22}" text-anchor="middle">${size(value)}</text>`
    ),
    `  <text class="text" x="${plot.right}" y="${plot.bottom + 44}" text-anchor="end">size of the data, 1 % changed since the last snapshot; both scales are logarithmic</text>`,
    ...series.flatMap(({ name, points: own }, i) => {
      const places = own.map((point) => ({ x: x(point.megabytes), y: y(point.seconds) }))
      const last = places.at(-1) ?? { x: 0, y: 0 }
      const kind = mark(isOurs(name))
      return [
        `  <polyline class="line ${kind}" points="${places.map((place) => `${at(place.x)},${at(place.y)}`).join(" ")}"/>`,
        ...places.map((place) => `  <circle class="${kind} dot" cx="${at(place.x)}" cy="${at(place.y)}" r="3"/>`),
        `  <text class="${kind} name" x="${at(last.x + 12)}" y="${at((ends[i] ?? last.y) + 4)}">${escaped(name)}</text>`
      ]
    }),
    "</svg>",
    ""
  ].join("\n")
}

/** The numbers of a chart. */
export const seriesTable = (series: ReadonlyArray<Series>): string => {
  const sizes = series[0]?.points.map(({ megabytes }) => size(megabytes)) ?? []
  return [
    `| quiet time | ${sizes.join(" | ")} |`,
    `|---|${sizes.map(() => "---|").join("")}`,
    ...series.map(
      ({ name, points }) => `| ${name} | ${points.map(({ seconds }) => `${seconds.toFixed(2)} s`).join(" | ")} |`
    )
  ].join("\n")
}
