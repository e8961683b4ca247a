/** https://core.telegram.org/bots/api#sendmessage. Each chat is a sink of its own. */
import * as Result from "effect/Result"
import { flag, list, option } from "../Given.ts"
import { cut, defineKind, http, json, together } from "../Kind.ts"

const modes: Readonly<Record<string, string | null>> = {
  none: null,
  html: "HTML",
  markdown: "Markdown",
  markdownv2: "MarkdownV2"
}

const htmlEscaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

export const telegram = defineKind({
  form: "telegram://<token>@telegram?chats=<chat>,…",
  params: ["chats", "channels", "preview", "notification", "parsemode"],
  flags: ["preview", "notification"],
  parse: (given) => {
    const token = given.password === "" ? given.user : `${given.user}:${given.password}`
    if (!/^\d+:[A-Za-z0-9_-]+$/.test(token)) {
      return Result.fail("its token is not a number, `:` and letters, as BotFather gives it")
    }
    const chats = list(given, "chats", "channels")
    if (chats.length === 0) return Result.fail("it names no chat: add `?chats=`")
    if (!chats.every((chat) => /^(?:-?\d+|@\w+)(?::\d+)?$/.test(chat))) {
      return Result.fail("one of its chats is neither a number nor a channel's name with `@`")
    }
    const asked = option(given, "parsemode")?.toLowerCase() ?? "none"
    if (!Object.hasOwn(modes, asked)) return Result.fail(`its parse mode is none of ${Object.keys(modes).join(", ")}`)
    const mode = modes[asked] ?? null
    return Result.succeed(
      chats.map((chat) => {
        const [, id = chat, thread] = /^(-?\d+|@\w+)(?::(\d+))?$/.exec(chat) ?? []
        const target = http((message) => [
          json(`https://api.telegram.org/bot${token}/sendMessage`, {
            chat_id: id,
            ...(thread === undefined ? {} : { message_thread_id: Number(thread) }),
            ...(mode === "HTML"
              ? { text: htmlEscaped(cut(together(message), 3500)), parse_mode: mode }
              : { text: cut(together(message), 4000), ...(mode === null ? {} : { parse_mode: mode }) }),
            disable_notification: !flag(given, "notification", true),
            link_preview_options: { is_disabled: !flag(given, "preview", true) }
          })
        ])
        return { host: "api.telegram.org", identity: `${token} ${chat}`, target }
      })
    )
  }
})
