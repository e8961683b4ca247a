/** Charts as SVG, each with the same numbers as a table. Pure. */
import { isoMillis } from "@lastgood/core/domain/time"
import { duration, size } from "../reading/format.ts"
import type { Series } from "../reading/series.ts"
import { moment } from "./format.ts"
import { type Html, html, nothing, type Value } from "./html.ts"
import { niceStep, placeIn, ticksTo } from "./scale.ts"

/** Of the drawing, in its own units; it is shown as wide as there is room. */
const width = 480
const height = 130
const left = 62
const bottom = height - 8
const top = 10

interface Chart {
  readonly id: string
  readonly title: string
  /** One sentence that says what is to be seen. */
  readonly says: string
  readonly drawing: Html
  readonly head: readonly [string, string]
  readonly rows: ReadonlyArray<readonly [Value, Value]>
}

const figure = ({ drawing, head, id, rows, says, title }: Chart): Html => html`<figure class="chart" id="chart-${id}">
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="chart-${id}-title chart-${id}-says"><title id="chart-${id}-title">${title}</title><desc id="chart-${id}-says">${says}</desc>${drawing}</svg>
<p class="soft">${says}</p>
<details data-key="table ${id}"><summary>The same as a table</summary><div class="scroll"><table><thead><tr><th scope="col">${head[0]}</th><th scope="col">${head[1]}</th></tr></thead><tbody>${rows.toReversed().map(([a, b]) => html`<tr><td>${a}</td><td>${b}</td></tr>`)}</tbody></table></div></details>
</figure>`

const axis = (ticks: ReadonlyArray<number>, y: (value: number) => number, told: (value: number) => string): Html =>
  html`${ticks.map(
    (tick) =>
      html`<line class="grid" x1="${left}" x2="${width}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text class="tick" x="${left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${told(tick)}</text>`
  )}`

/** Steps of a whole number of seconds, minutes or hours. */
const timeStep = (maximum: number): number => {
  const unit = maximum < 120_000 ? 1000 : maximum < 7_200_000 ? 60_000 : 3_600_000
  return niceStep(maximum / unit, 3) * unit
}

const downtimes = ({ downtimes: all }: Series): Html => {
  const most = Math.max(...all.map(({ ms }) => ms), 1)
  const ticks = ticksTo(most, timeStep(most))
  const y = placeIn([0, ticks.at(-1) ?? most], [bottom, top])
  const room = (width - left) / Math.max(all.length, 8)
  const failed = all.filter(({ isGood }) => !isGood).length
  const last = all.at(-1)
  return figure({
    id: "downtime",
    title: "Downtime of each attempt",
    says: `The last one was ${duration(last?.ms ?? 0)}, the longest ${duration(most)}${failed === 0 ? "" : `; ${failed} of ${all.length} did not end well`}.`,
    drawing: html`${axis(ticks, y, (tick) => (tick === 0 ? "0" : duration(tick)))}${all.map(
      ({ isGood, ms }, index) =>
        html`<rect class="${isGood ? "down" : "failed"}" x="${(left + index * room + 1).toFixed(1)}" width="${Math.max(1, Math.min(28, room - 2)).toFixed(1)}" y="${y(ms).toFixed(1)}" height="${Math.max(1, bottom - y(ms)).toFixed(1)}"><title>${duration(ms)}</title></rect>`
    )}`,
    head: ["Taken down", "For"],
    rows: all.map(({ at, isGood, ms }) => [moment(at), `${duration(ms)}${isGood ? "" : ", did not end well"}`])
  })
}

const sizes = ({ sizes: all }: Series): Html => {
  const most = Math.max(...all.map(({ bytes }) => bytes), 1)
  const ticks = ticksTo(most, niceStep(most, 3))
  const y = placeIn([0, ticks.at(-1) ?? most], [bottom, top])
  const times = all.map(({ at }) => isoMillis(at))
  const x = placeIn([Math.min(...times), Math.max(...times)], [left + 6, width - 6])
  const points = all.map(({ at, bytes }) => ({ x: x(isoMillis(at)), y: y(bytes), bytes }))
  const line = points.map((point, index) => `${index === 0 ? "M" : "L"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`)
  return figure({
    id: "size",
    title: "Size of the snapshots",
    says: `From ${size(all[0]?.bytes ?? 0)} to ${size(all.at(-1)?.bytes ?? 0)} in ${all.length} ${all.length === 1 ? "snapshot" : "snapshots"}.`,
    drawing: html`${axis(ticks, y, size)}<path class="line" d="${line.join("")}"/>${points.map((point) => html`<circle class="point" cx="${point.x.toFixed(1)}" cy="${point.y.toFixed(1)}" r="3.5"><title>${size(point.bytes)}</title></circle>`)}`,
    head: ["Taken", "Size"],
    rows: all.map(({ at, bytes }) => [moment(at), size(bytes)])
  })
}

const health = ({ health: all }: Series, now: number): Html => {
  const pieces = all.map((one, index) => ({
    ...one,
    from: isoMillis(one.at),
    until: index + 1 < all.length ? isoMillis(all[index + 1]?.at ?? "") : now
  }))
  const begin = pieces[0]?.from ?? now
  const x = placeIn([begin, Math.max(now, begin + 1)], [0, width])
  const ill = pieces.filter(({ isWell }) => !isWell)
  const illMs = ill.reduce((sum, { from, until }) => sum + Math.max(0, until - from), 0)
  const share = ((1 - illMs / Math.max(1, now - begin)) * 100).toFixed(2)
  return figure({
    id: "health",
    title: "Health over time",
    says:
      ill.length === 0
        ? "Not seen unhealthy since the beginning."
        : `Healthy for ${share} % of the time; ${ill.length} ${ill.length === 1 ? "time" : "times"} unhealthy, ${duration(illMs)} in all.`,
    drawing: html`${pieces.map(
      ({ from, isWell, until }) =>
        html`<rect class="${isWell ? "up" : "failed"}" x="${x(from).toFixed(1)}" width="${Math.max(2, x(until) - x(from)).toFixed(1)}" y="45" height="40"><title>${isWell ? "healthy" : "unhealthy"}, ${duration(Math.max(0, until - from))}</title></rect>`
    )}`,
    head: ["From", "State"],
    rows: all.map(({ at, isWell }) => [moment(at), isWell ? "healthy" : "unhealthy"])
  })
}

/** @param now epoch milliseconds. */
export const charts = (series: Series, now: number): Html => {
  const { downtimes: down, health: well, sizes: bytes } = series
  if (down.length === 0 && well.length === 0 && bytes.length === 0) return nothing
  return html`<section id="charts"><h2>Over time</h2><div class="charts">
${down.length === 0 ? nothing : downtimes(series)}
${bytes.length === 0 ? nothing : sizes(series)}
${well.length === 0 ? nothing : health(series, now)}
</div></section>`
}
