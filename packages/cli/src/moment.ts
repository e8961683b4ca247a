/** A time that an operator types, such as `2026-12-24T18:00`. Pure, but for the time zone of the host. */

const shape = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/

/**
 * A date is its first moment.
 *
 * @returns epoch milliseconds; null: it is not a time.
 */
export const momentOf = (text: string): number | null => {
  const [, date, clock = "00:00", zone = ""] = shape.exec(text) ?? []
  // Without a zone, JavaScript reads a date with a time in the zone of the host.
  const millis = date === undefined ? Number.NaN : new Date(`${date}T${clock}${zone}`).getTime()
  return Number.isNaN(millis) ? null : millis
}
