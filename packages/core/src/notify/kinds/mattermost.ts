/** https://developers.mattermost.com/integrate/webhooks/incoming/ */
import * as Result from "effect/Result"
import { authority, encoded, flag, option, originOf } from "../Given.ts"
import { cut, defineKind, http, json } from "../Kind.ts"

export const mattermost = defineKind({
  form: "mattermost://[<user>@]<host>/<token>[/<channel>]",
  params: ["icon", "icon_emoji", "icon_url", "disabletls"],
  flags: ["disabletls"],
  parse: (given) => {
    const [token, channel, ...more] = given.path
    if (token === undefined || more.length > 0) {
      return Result.fail("it needs the webhook's token after the host, and at most a channel after that")
    }
    const icon = option(given, "icon", "icon_emoji", "icon_url")
    const url = `${originOf(given, flag(given, "disabletls", false))}/hooks/${encoded(token)}`
    const target = http(({ text, title }) => [
      json(url, {
        text: cut(`**${title}**\n\n${text}`, 16_000),
        ...(given.user === "" ? {} : { username: given.user }),
        ...(channel === undefined ? {} : { channel }),
        ...(icon === undefined ? {} : { [/^https?:\/\//.test(icon) ? "icon_url" : "icon_emoji"]: icon })
      })
    ])
    const identity = `${authority(given)} ${token} ${channel ?? ""}`
    return Result.succeed([{ host: given.host, identity, target }])
  }
})
