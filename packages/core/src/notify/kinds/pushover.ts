/** https://pushover.net/api */
import * as Result from "effect/Result"
import { list, option } from "../Given.ts"
import { cut, defineKind, http, json } from "../Kind.ts"

const byLevel = { info: -1, warning: 0, error: 1 } as const

export const pushover = defineKind({
  form: "pushover://shoutrrr:<API token>@<user key>/",
  params: ["devices", "priority"],
  flags: [],
  parse: (given) => {
    const { host: user, password: token, path } = given
    if (token === "" || user === "" || path.length > 0) {
      return Result.fail("it needs an API token after `shoutrrr:`, and a user key after `@`")
    }
    const priority = option(given, "priority")
    if (priority !== undefined && !/^(?:-[12]|[01])$/.test(priority)) {
      return Result.fail("its priority is not a number from -2 to 1")
    }
    const devices = list(given, "devices")
    const target = http(({ level, text, title }) => [
      json("https://api.pushover.net/1/messages.json", {
        token,
        user,
        title: cut(title, 250),
        message: cut(text, 1024),
        priority: priority === undefined ? byLevel[level] : Number(priority),
        ...(devices.length === 0 ? {} : { device: devices.join(",") })
      })
    ])
    return Result.succeed([{ host: "api.pushover.net", identity: `${token} ${user} ${devices.join(",")}`, target }])
  }
})
