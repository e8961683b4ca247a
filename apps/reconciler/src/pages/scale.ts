/** The scales of the charts. Pure. */

/** The numbers that people read well: 1, 2 or 5, with zeros. At most `count` steps from zero reach the maximum. */
export const niceStep = (maximum: number, count: number): number => {
  const raw = Math.max(maximum, Number.MIN_VALUE) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  return power * ([1, 2, 5, 10].find((one) => one * power >= raw) ?? 10)
}

/** Zero, and every step up to the first that is not less than the maximum. */
export const ticksTo = (maximum: number, step: number): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(maximum / step - 1e-9) + 1 }, (_, index) => index * step)

/** The place of a value of a domain on a line. An empty domain is in the middle. */
export const placeIn =
  ([low, high]: readonly [number, number], [from, to]: readonly [number, number]) =>
  (value: number): number =>
    high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from)
