/**
 * Maintenance windows: `Sat,Sun 02:00-05:00`, the times of the week at which an automatic upgrade may begin. Pure.
 *
 * The clock on the wall decides. An hour that the clock skips in spring does not open a window, and an hour that it repeats
 * in autumn opens it twice.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

export interface Window {
  /** As written, with its time zone. */
  readonly text: string
  /** Of the week on which it begins, Sunday is 0. */
  readonly days: ReadonlyArray<number>
  /** Minutes of the day. */
  readonly begin: number
  /** Minutes of the day; not after `begin`: of the next day. */
  readonly end: number
  /** Name of a time zone, such as `Europe/Warsaw`. */
  readonly zone: string
}

const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
const everyDay: ReadonlyArray<number> = [0, 1, 2, 3, 4, 5, 6]
const dayMinutes = 24 * 60
const minuteMs = 60_000
const dayMs = dayMinutes * minuteMs

const shape =
  /^(?:(?<days>[A-Za-z]{3}(?:[,-][A-Za-z]{3})*)\s+)?(?<begin>\d\d:\d\d)-(?<end>\d\d:\d\d)(?:\s+(?<zone>\S+))?$/

const minutesOf = (clock: string): number | null => {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number)
  return minutes > 59 || hours * 60 + minutes > dayMinutes ? null : hours * 60 + minutes
}

/** `Mon-Fri`, also over the end of the week: `Sat-Mon`. */
const daysOf = (text: string): ReadonlyArray<number> | string => {
  const days = new Set<number>()
  for (const part of text.toLowerCase().split(",")) {
    const [first = "", last = first, ...more] = part.split("-")
    const [from, to] = [names.indexOf(first), names.indexOf(last)]
    if (from === -1 || to === -1 || more.length > 0)
      return `\`${part}\` is not a day, such as Sat, or days, such as Mon-Fri`
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === to) break
    }
  }
  return everyDay.filter((day) => days.has(day))
}

const zoneNamed = (zone: string): string | null =>
  Option.match(DateTime.zoneMakeNamed(zone), { onNone: () => null, onSome: ({ id }) => id })

const textOf = ({ begin, days, end }: Readonly<Record<string, string | undefined>>, zone: string): string =>
  [...(days === undefined ? [] : [days]), `${begin}-${end}`, zone].join(" ")

/**
 * @param hostZone the zone of a window that names none.
 * @returns the window, or what is wrong with the text.
 */
export const parseWindow = (text: string, hostZone: string): Result.Result<Window, string> => {
  const parts = shape.exec(text.trim())?.groups
  if (parts === undefined) return Result.fail("it does not have the form `Sat,Sun 02:00-05:00` or `22:00-04:00`")
  const days = parts["days"] === undefined ? everyDay : daysOf(parts["days"])
  if (typeof days === "string") return Result.fail(days)
  const [begin, end] = [minutesOf(parts["begin"] ?? ""), minutesOf(parts["end"] ?? "")]
  if (begin === null || end === null || begin === dayMinutes) {
    return Result.fail("its times must be from 00:00 to 23:59 (the end also 24:00)")
  }
  if (begin === end) return Result.fail("it begins and ends at the same time; a whole day is 00:00-24:00")
  const zone = parts["zone"] === undefined ? hostZone : zoneNamed(parts["zone"])
  return zone === null
    ? Result.fail(`\`${parts["zone"]}\` is not a time zone, such as Europe/Warsaw or UTC`)
    : Result.succeed({ text: textOf(parts, zone), days, begin, end, zone })
}

/** The wall clock's difference to UTC, in milliseconds. */
const offsetAt = (zone: string, at: number): number =>
  Option.match(DateTime.makeZoned(at, { timeZone: zone }), { onNone: () => 0, onSome: DateTime.zonedOffset })

/** The wall clock as if it showed UTC, in milliseconds. */
const wallAt = (zone: string, at: number): number => at + offsetAt(zone, at)

const weekday = (wall: number): number => (Math.floor(wall / dayMs) + 4) % 7

/** @param at epoch milliseconds. */
export const isOpen = ({ begin, days, end, zone }: Window, at: number): boolean => {
  const wall = wallAt(zone, at)
  const minute = Math.floor((wall % dayMs) / minuteMs)
  const isToday = days.includes(weekday(wall)) && minute >= begin && (end <= begin || minute < end)
  return isToday || (end <= begin && minute < end && days.includes(weekday(wall - dayMs)))
}

/** The first moment at which the difference to UTC is another one than at `from`; `from` and `to`: epoch milliseconds. */
const changeBetween = (zone: string, from: number, to: number): number => {
  const before = offsetAt(zone, from)
  let [low, high] = [Math.floor(from / minuteMs), Math.ceil(to / minuteMs)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle * minuteMs) === before) low = middle
    else high = middle
  }
  return high * minuteMs
}

/** When the wall clock shows this time: once, twice, or as soon as the hour that has it was skipped. */
const momentsOf = (zone: string, wall: number): ReadonlyArray<number> => {
  const [from, to] = [wall - dayMs, wall + dayMs]
  const candidates = [...new Set([offsetAt(zone, from), offsetAt(zone, to)])].map((offset) => wall - offset)
  const shown = candidates.filter((at) => wallAt(zone, at) === wall)
  return shown.length > 0 ? shown : [changeBetween(zone, from, to)]
}

/**
 * The next moment after `at` at which the window opens, epoch milliseconds; null: none within the next two weeks, as all of
 * it is in an hour that is skipped.
 */
export const nextOpening = (window: Window, at: number): number | null => {
  const today = Math.floor(wallAt(window.zone, at) / dayMs) * dayMs
  const moments = Array.from({ length: 15 }, (_, i) => today + i * dayMs)
    .filter((wall) => window.days.includes(weekday(wall)))
    .flatMap((wall) => momentsOf(window.zone, wall + window.begin * minuteMs))
    .filter((moment) => moment > at && isOpen(window, moment))
  return moments.length === 0 ? null : Math.min(...moments)
}

/** When one of the windows opens next; null: one is open now, or there are none. */
export const opensAt = (windows: ReadonlyArray<Window>, at: number): number | null => {
  if (windows.some((window) => isOpen(window, at))) return null
  const openings = windows.flatMap((window) => nextOpening(window, at) ?? [])
  return openings.length === 0 ? null : Math.min(...openings)
}

/** Whether an automatic upgrade may begin now. Without windows it may at any time. */
export const mayBegin = (windows: ReadonlyArray<Window>, at: number): boolean =>
  windows.length === 0 || windows.some((window) => isOpen(window, at))

/** `Sat,Sun 02:00-05:00 Europe/Warsaw`. */
export const windowText = (windows: ReadonlyArray<Window>): string => windows.map(({ text }) => text).join(", ")
