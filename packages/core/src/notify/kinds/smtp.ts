/** Mail. `smtps` is TLS from the first byte, as `encryption=ImplicitTLS` is. */
import * as Result from "effect/Result"
import { authority, flag, type Given, list, option } from "../Given.ts"
import { defineKind } from "../Kind.ts"
import type { MailTarget } from "../Target.ts"

const methods: Readonly<Record<string, NonNullable<MailTarget["auth"]>["method"]>> = {
  none: null,
  plain: "PLAIN",
  login: "PLAIN",
  crammd5: "CRAM-MD5",
  oauth2: "OAUTH2",
  unknown: null
}
const encryptions = ["none", "explicittls", "implicittls", "auto"]

const perUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** null: it is not a duration. */
const millisOf = (text: string): number | null => {
  const [, digits, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  return digits === undefined ? null : Number(digits) * (perUnit[unit ?? "s"] ?? 1)
}

const isAddress = (text: string): boolean => /^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/u.test(text)

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host)

/** A password is never sent in the clear to another host, unless the URL says so. */
const startTlsOf = (given: Given, encryption: string, hasPassword: boolean): MailTarget["startTls"] => {
  if (encryption === "none" || !(flag(given, "usestarttls", true) && flag(given, "starttls", true))) return "never"
  const isAsked = encryption === "explicittls" || flag(given, "requirestarttls", false)
  return isAsked || (hasPassword && !isLoopback(given.host)) ? "required" : "if-offered"
}

export const smtp = defineKind({
  form: "smtp://[<user>:<password>@]<host>[:<port>]/?from=<address>&to=<address>,…",
  params: [
    ...["fromaddress", "from", "fromname", "toaddresses", "to", "auth", "encryption", "usestarttls", "starttls"],
    ...["usehtml", "clienthost", "requirestarttls", "skiptlsverify", "timeout"]
  ],
  flags: ["usestarttls", "starttls", "usehtml", "requirestarttls", "skiptlsverify"],
  parse: (given) => {
    if (given.host === "") return Result.fail("it has no host")
    const from = option(given, "fromaddress", "from")
    const to = list(given, "toaddresses", "to")
    if (from === undefined || to.length === 0) return Result.fail("it needs an address in `from=` and in `to=`")
    if (![from, ...to].every(isAddress)) return Result.fail("`from=` or `to=` is not a mail address")
    const encryption = option(given, "encryption")?.toLowerCase() ?? "auto"
    if (!encryptions.includes(encryption)) {
      return Result.fail("its encryption is none of None, ExplicitTLS, ImplicitTLS, Auto")
    }
    const auth = option(given, "auth")?.toLowerCase() ?? "unknown"
    if (!Object.hasOwn(methods, auth)) return Result.fail("its auth is none of None, Plain, Login, CRAMMD5, OAuth2")
    const limit = option(given, "timeout")
    const timeoutMs = limit === undefined ? 10_000 : millisOf(limit)
    if (timeoutMs === null || timeoutMs <= 0) return Result.fail("its timeout is not a duration, such as 10s")
    const { password, user } = given
    const secure =
      given.scheme === "smtps" || encryption === "implicittls" || (encryption === "auto" && given.port === 465)
    const hasPassword = user !== "" && auth !== "none"
    const clientHost = option(given, "clienthost") ?? "localhost"
    const target: MailTarget = {
      _tag: "Mail",
      host: given.host.replace(/^\[(.*)\]$/, "$1"),
      port: given.port ?? (secure ? 465 : 25),
      secure,
      startTls: secure ? "never" : startTlsOf(given, encryption, hasPassword),
      auth: hasPassword ? { user, pass: password, method: methods[auth] ?? null } : null,
      from: { name: option(given, "fromname") ?? "lastgood", address: from },
      to,
      isHtml: flag(given, "usehtml", false),
      clientHost,
      isUnverified: flag(given, "skiptlsverify", false),
      timeoutMs: Math.min(timeoutMs, 30_000)
    }
    const identity = `${authority(given)} ${user} ${from} ${to.join(",")}`
    return Result.succeed([{ host: given.host, identity, target }])
  }
})
