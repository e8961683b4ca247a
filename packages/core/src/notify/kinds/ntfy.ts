/** https://docs.ntfy.sh/publish/ */
import * as Result from "effect/Result"
import { authority, flag, list, option, originOf } from "../Given.ts"
import { cut, defineKind, http, json } from "../Kind.ts"

const priorities: Readonly<Record<string, number>> = { min: 1, low: 2, default: 3, high: 4, max: 5, urgent: 5 }
const byLevel = { info: 3, warning: 4, error: 5 } as const
const tagByLevel = { info: "information_source", warning: "warning", error: "rotating_light" } as const

const priorityOf = (text: string): number | null =>
  Object.hasOwn(priorities, text.toLowerCase())
    ? (priorities[text.toLowerCase()] ?? null)
    : /^[1-5]$/.test(text)
      ? Number(text)
      : null

/** Action buttons: as JSON, or in ntfy's short form, several of them separated by `;`. */
const actionsOf = (text: string): unknown => {
  try {
    return text.trimStart().startsWith("[") ? JSON.parse(text) : null
  } catch {
    return null
  }
}

export const ntfy = defineKind({
  form: "ntfy://[<user>:<password>@]<host>/<topic>",
  params: [
    ...["scheme", "tags", "priority", "actions", "click", "attach", "filename", "delay", "at", "in", "email", "icon"],
    ...["markdown", "cache", "firebase", "disabletls", "disabletlsverification"]
  ],
  flags: ["markdown", "cache", "firebase", "disabletls", "disabletlsverification"],
  parse: (given) => {
    const [topic, ...more] = given.path
    if (topic === undefined || more.length > 0) return Result.fail("it needs exactly one topic after the host")
    if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic)) {
      return Result.fail("its topic may only have letters, digits, `-` and `_`, at most 64")
    }
    const asked = option(given, "priority")
    const priority = asked === undefined ? null : priorityOf(asked)
    if (asked !== undefined && priority === null) {
      return Result.fail(`its priority is none of 1 to 5 and ${Object.keys(priorities).join(", ")}`)
    }
    const scheme = option(given, "scheme")?.toLowerCase() ?? "https"
    if (scheme !== "https" && scheme !== "http") return Result.fail("its `scheme` is neither http nor https")
    const isPlain = scheme === "http" || flag(given, "disabletls", false)
    const { password, user } = given
    // A token without a user is ntfy's access token.
    const authorization =
      user === "" ? `Bearer ${password}` : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
    const optional = (name: string, ...keys: ReadonlyArray<string>) => {
      const value = option(given, ...keys)
      return value === undefined ? {} : { [name]: value }
    }
    const buttons = option(given, "actions")
    const actions = buttons === undefined ? null : actionsOf(buttons)
    const headers = {
      ...(user === "" && password === "" ? {} : { authorization }),
      ...(flag(given, "cache", true) ? {} : { "x-cache": "no" }),
      ...(flag(given, "firebase", true) ? {} : { "x-firebase": "no" }),
      ...(buttons === undefined || actions !== null ? {} : { "x-actions": buttons.replaceAll(/[\r\n]/g, " ") })
    }
    const target = http(
      ({ level, text, title }) => [
        json(
          originOf(given, isPlain),
          {
            topic,
            title: cut(title, 250),
            // A longer message would become an attachment.
            message: cut(text, 1300),
            priority: priority ?? byLevel[level],
            tags: option(given, "tags") === undefined ? [tagByLevel[level]] : list(given, "tags"),
            ...optional("click", "click"),
            ...optional("attach", "attach"),
            ...optional("filename", "filename"),
            ...optional("delay", "delay", "at", "in"),
            ...optional("email", "email"),
            ...optional("icon", "icon"),
            ...(actions === null ? {} : { actions }),
            ...(flag(given, "markdown", false) ? { markdown: true } : {})
          },
          headers
        )
      ],
      flag(given, "disabletlsverification", false)
    )
    return Result.succeed([{ host: given.host, identity: `${authority(given)} ${user} ${topic}`, target }])
  }
})
