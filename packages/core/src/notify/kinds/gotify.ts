/** https://gotify.net/api-docs. The token is the last part of the path, or `token=` after `/message`. */
import * as Result from "effect/Result"
import { authority, encoded, flag, option, originOf } from "../Given.ts"
import { defineKind, http, json } from "../Kind.ts"

const byLevel = { info: 2, warning: 5, error: 8 } as const

const extrasOf = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return null
  }
}

/** Seconds since the epoch, or a date and time, in UTC if it names no zone. */
const dateOf = (text: string): string | null => {
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d$/.test(text) ? `${text.replace(" ", "T")}Z` : text
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(iso)
  return Number.isNaN(millis) ? null : new Date(millis).toISOString()
}

export const gotify = defineKind({
  form: "gotify://<host>/[<path>/]<token>",
  params: ["token", "priority", "disabletls", "insecureskipverify", "useheader", "date", "extras"],
  flags: ["disabletls", "insecureskipverify", "useheader"],
  parse: (given) => {
    const named = option(given, "token")
    const token = named ?? given.path.at(-1)
    if (token === undefined || (named === undefined && token === "message")) {
      return Result.fail("it has no token: give it as the last part of the path, or as `token=`")
    }
    const rest = named === undefined || given.path.at(-1) === "message" ? given.path.slice(0, -1) : given.path
    const priority = option(given, "priority")
    if (priority !== undefined && !/^(?:-[12]|\d|10)$/.test(priority)) {
      return Result.fail("its priority is not a number from -2 to 10")
    }
    const extras = extrasOf(option(given, "extras"))
    if (extras === null || Array.isArray(extras) || (extras !== undefined && typeof extras !== "object")) {
      return Result.fail("its `extras` are not a JSON object")
    }
    const date = option(given, "date")
    const at = date === undefined ? undefined : dateOf(date)
    if (at === null) return Result.fail("its `date` is not a date and time, such as 2026-01-31T08:00:00Z")
    const url = [originOf(given, flag(given, "disabletls", false)), ...rest.map(encoded), "message"].join("/")
    const target = http(
      ({ level, text, title }) => [
        json(
          url,
          {
            title,
            message: text,
            priority: priority === undefined ? byLevel[level] : Number(priority),
            ...(extras === undefined ? {} : { extras }),
            ...(at === undefined ? {} : { date: at })
          },
          // Never in the URL, which servers and proxies log.
          { "x-gotify-key": token }
        )
      ],
      flag(given, "insecureskipverify", false)
    )
    return Result.succeed([{ host: given.host, identity: `${authority(given)} ${rest.join("/")} ${token}`, target }])
  }
})
