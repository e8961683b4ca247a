/**
 * Any server that takes a POST. `@name=value` is a header, `$name=value` a field of the JSON; other parameters that are not
 * its own are sent to the server, and `_name` sends one that is.
 */
import * as Result from "effect/Result"
import { encoded, flag, type Given, option, originOf } from "../Given.ts"
import { defineKind, http } from "../Kind.ts"

const own = ["contenttype", "disabletls", "template", "titlekey", "messagekey", "method"]

/** `acceptLanguage` is the header Accept-Language. */
const headerName = (name: string): string => name.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase()

const forwarded = ({ query }: Given): string => {
  const passed = query.flatMap(([name, value]) => {
    if (/^[@$]/.test(name) || own.includes(name.toLowerCase())) return []
    return [`${encoded(name.replace(/^_/, ""))}=${encoded(value)}`]
  })
  return passed.length === 0 ? "" : `?${passed.join("&")}`
}

const isHeader = (name: string, value: string): boolean =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !/[\r\n\0]/.test(value) && !/^(?:host|content-length)$/i.test(name)

export const generic = defineKind({
  form: "generic://<host>/<path> or generic+https://<host>/<path>",
  params: null,
  flags: ["disabletls"],
  parse: (given) => {
    if (given.host === "") return Result.fail("it has no host")
    const template = option(given, "template")?.toLowerCase()
    if (template !== undefined && template !== "json") return Result.fail("its template is not `json`")
    const method = (option(given, "method") ?? "POST").toUpperCase()
    if (!/^(?:POST|PUT|PATCH|GET)$/.test(method)) return Result.fail("its method is none of POST, PUT, PATCH, GET")
    const headers = given.query.flatMap(([name, value]) =>
      name.startsWith("@") ? [[headerName(name.slice(1)), value] as const] : []
    )
    if (!headers.every(([name, value]) => isHeader(name, value))) return Result.fail("one of its headers is not valid")
    const fields = given.query.flatMap(([name, value]) =>
      name.startsWith("$") ? [[name.slice(1), value] as const] : []
    )
    const isPlain = given.scheme === "generic+http" || flag(given, "disabletls", false)
    const url = `${originOf(given, isPlain)}${given.pathname}${forwarded(given)}`
    const { password, user } = given
    const basic = user === "" ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` }
    const isJson = template === "json"
    const titleKey = option(given, "titlekey") ?? "title"
    const messageKey = option(given, "messagekey") ?? "message"
    // shoutrrr's default says JSON of a body that is not.
    const type = option(given, "contenttype") ?? (isJson ? "application/json" : "text/plain; charset=utf-8")
    const target = http(({ text, title }) => {
      const body = isJson
        ? JSON.stringify(Object.fromEntries([...fields, [titleKey, title], [messageKey, text]]))
        : `${title}\n\n${text}`
      const all = { "content-type": type, ...basic, ...Object.fromEntries(headers) }
      return [{ request: { method, url, headers: all, body: method === "GET" ? null : body } }]
    })
    return Result.succeed([
      { host: given.host, identity: `${method} ${user} ${url} ${JSON.stringify(headers)}`, target }
    ])
  }
})
