/**
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and chat.postMessage. A token of a webhook has
 * the type `hook`, one of a bot `xoxb`; the form with three parts in the path is the older one of a webhook.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { type Given, option } from "../Given.ts"
import { cut, defineKind, http, json } from "../Kind.ts"
import type { Exchange } from "../Target.ts"

interface Token {
  readonly type: string
  readonly value: string
  readonly channel: string
}

const parts = /^([A-Z0-9]{9,15})[-/]([A-Z0-9]{9,15})[-/]([A-Za-z0-9]{20,40})$/

const tokenOf = (given: Given): Token | null => {
  const { host, password, path, user } = given
  if (password !== "") return { type: user, value: password, channel: host }
  // `xoxb-…@channel`, or a webhook's three parts before the channel.
  const typed = /^(xox[a-z])-(.+)$/.exec(user)
  if (typed !== null) return { type: typed[1] ?? "", value: typed[2] ?? "", channel: host }
  if (parts.test(user)) return { type: "hook", value: user, channel: host }
  const old = [host, ...path].join("/")
  return parts.test(old) ? { type: "hook", value: old, channel: "webhook" } : null
}

const colors = { info: "#2488ff", warning: "#ffc441", error: "#d60510" } as const

export const slack = defineKind({
  form: "slack://hook:<A>-<B>-<C>@webhook or slack://xoxb:<token>@<channel>",
  params: ["botname", "username", "icon", "icon_emoji", "icon_url", "color", "thread_ts"],
  flags: [],
  parse: (given) => {
    const token = tokenOf(given)
    if (token === null) return Result.fail("it has no token before the channel")
    const { channel, type, value } = token
    const isHook = type === "hook"
    const hook = parts.exec(value)
    if (isHook && hook === null) return Result.fail("its webhook token does not have three parts, `<A>-<B>-<C>`")
    if (!isHook && !/^xox[a-z]$/.test(type)) return Result.fail("its token is neither of the type `hook` nor `xoxb`")
    const icon = option(given, "icon", "icon_emoji", "icon_url")
    const bot = option(given, "botname", "username")
    const thread = option(given, "thread_ts")
    // Slack answers 200 to what its API refuses.
    const judged = (exchange: Exchange): Exchange =>
      isHook
        ? exchange
        : {
            ...exchange,
            next: (body) => {
              if (Predicate.hasProperty(body, "ok") && body.ok === true) return []
              const why = Predicate.hasProperty(body, "error") && typeof body.error === "string" ? body.error : ""
              return `Slack refused it: ${why || "it gave no reason"}`
            }
          }
    const url = isHook
      ? `https://hooks.slack.com/services/${hook?.slice(1).join("/") ?? ""}`
      : "https://slack.com/api/chat.postMessage"
    const target = http(({ level, text, title }) => [
      judged(
        json(
          url,
          {
            text: title,
            attachments: [{ color: option(given, "color") ?? colors[level], text: cut(text, 3000), fallback: title }],
            ...(isHook ? {} : { channel }),
            ...(bot === undefined ? {} : { username: bot }),
            ...(icon === undefined
              ? {}
              : /^https?:\/\//.test(icon)
                ? { icon_url: icon }
                : { icon_emoji: `:${icon.replaceAll(":", "")}:` }),
            ...(thread === undefined ? {} : { thread_ts: thread })
          },
          isHook ? {} : { authorization: `Bearer ${type}-${value}` }
        )
      )
    ])
    return Result.succeed([{ host: "slack.com", identity: `${type} ${value} ${channel}`, target }])
  }
})
