const units = ["B", "kB", "MB", "GB", "TB", "PB"] as const

/** Decimal units with three digits, as `docker` prints them: `12.3 MB`. */
export const size = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${value} B` : `${value.toPrecision(3)} ${units[unit]}`
}

/** `at least 12.3 MB`, where not everything was counted. */
export const countedSize = (bytes: number, isPartial: boolean): string =>
  `${isPartial ? "at least " : ""}${size(bytes)}`
