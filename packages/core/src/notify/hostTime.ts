/** Times for people, in the time zone of the host (`TZ`, or `/etc/localtime`). Pure but for that. */

/**
 * A time of the log in the time zone of the host (`TZ`, or `/etc/localtime`): `2026-11-23T22:10:03.123Z` as
 * `2026-11-23 23:10:03+01:00`, in UTC as `2026-11-23 22:10:03Z`. A text that is not a time stays as it is.
 */
export const time = (iso: string): string => {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  // The sign is the other way round: minutes from local time to UTC.
  const minutes = -at.getTimezoneOffset()
  const [date = "", clock = ""] = new Date(at.getTime() + minutes * 60_000).toISOString().split(/[T.]/)
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0")
  const zone = minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`
  return `${date} ${clock}${zone}`
}

/** The same for the times in a text. A time in a path or in an example of what to type stays as it is. */
export const instants = (text: string): string =>
  text.replace(/(?<=\b(?:[Ss]ince|until|after|at) )\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d+)?Z/g, time)
