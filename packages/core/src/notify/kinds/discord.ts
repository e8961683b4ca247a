/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
import * as Result from "effect/Result"
import { encoded, flag, option } from "../Given.ts"
import { cut, defineKind, http, json } from "../Kind.ts"

const colors = {
  info: ["colorinfo", 0x2488ff],
  warning: ["colorwarn", 0xffc441],
  error: ["colorerror", 0xd60510]
} as const

const colorParams = ["color", "colorerror", "colorwarn", "colorinfo", "colordebug"]
const hex = /^(?:0x|#)?[0-9a-f]{1,6}$/i

const numberOf = (text: string): number => Number.parseInt(text.replace(/^(?:0x|#)/i, ""), 16)

/** The message is the JSON to send. */
const rawBody = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return { content: cut(text, 2000) }
  }
}

export const discord = defineKind({
  form: "discord://<token>@<webhook id>",
  params: ["username", "avatar", "avatarurl", ...colorParams, "splitlines", "json", "thread_id"],
  flags: ["splitlines", "json"],
  parse: (given) => {
    const { host, password, path, user: token } = given
    if (token === "" || password !== "" || path.length > 0 || !/^\d+$/.test(host)) {
      return Result.fail("it is not a token, `@`, and the number of a webhook")
    }
    if (colorParams.some((name) => !hex.test(option(given, name) ?? "0"))) {
      return Result.fail("one of its colors is not a hexadecimal number, such as 0xd60510")
    }
    const thread = option(given, "thread_id")
    const query = thread === undefined ? "" : `&thread_id=${encoded(thread)}`
    const url = `https://discord.com/api/webhooks/${host}/${encoded(token)}?wait=true${query}`
    const username = option(given, "username")
    const avatar = option(given, "avatar", "avatarurl")
    const target = http(({ level, text, title }) => {
      const [name, byDefault] = colors[level]
      const color = option(given, name, "color")
      const embed = {
        title: cut(title, 256),
        description: cut(text, 4000),
        color: color === undefined ? byDefault : numberOf(color)
      }
      const body = {
        embeds: [embed],
        // Text of an app must not mention everyone.
        allowed_mentions: { parse: [] },
        ...(username === undefined ? {} : { username }),
        ...(avatar === undefined ? {} : { avatar_url: avatar })
      }
      return [json(url, flag(given, "json", false) ? rawBody(text) : body)]
    })
    return Result.succeed([{ host: "discord.com", identity: `${host} ${token} ${thread ?? ""}`, target }])
  }
})
