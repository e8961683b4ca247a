/**
 * Sessions of browsers. `lastgood dashboard` makes a code from the token, which the daemon takes once, for a cookie and an act
 * key. All are signed with the token, so that sessions survive a restart of the daemon, and a new token ends them all. Pure.
 *
 * A browser sends a cookie to every port of its host, so another program on 127.0.0.1 may learn it: the cookie only reads.
 * Acting needs the act key of the same session as well. It comes once, in the fragment of an address, which browsers send to
 * no server; the pages' script keeps it in the storage of its origin, to which the port belongs, and sends it as a header,
 * which no form and no other site can.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

const sessionMs = 12 * 3_600_000

/** How long a code may wait to be used, and how long a session and its act key last. Milliseconds. */
export const lifetimes = { code: 5 * 60_000, session: sessionMs, act: sessionMs } as const

type Kind = keyof typeof lifetimes

const cookieName = "lastgood-session"

/** The header with the act key. */
export const actHeader = "x-lastgood-act"

const signed = (token: string, kind: Kind, text: string): Buffer =>
  createHmac("sha256", token).update(`${kind} ${text}`).digest()

/**
 * @param now epoch milliseconds.
 * @param nonce random, base64url.
 */
export const makeTicket = (token: string, kind: Kind, now: number, nonce: string): string => {
  const text = `${now + lifetimes[kind]}.${nonce}`
  return `${text}.${signed(token, kind, text).toString("base64url")}`
}

/** What is in a ticket that is valid now; null: it is not. */
export const readTicket = (
  token: string,
  kind: Kind,
  ticket: string,
  now: number
): { readonly nonce: string; readonly until: number } | null => {
  const [, text = "", until, nonce = "", signature = ""] =
    /^((\d{13,15})\.([\w-]{20,64}))\.([\w-]{43})$/.exec(ticket) ?? []
  const given = Buffer.from(signature, "base64url")
  const right = signed(token, kind, text)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  const left = Number(until) - now
  return left > 0 && left <= lifetimes[kind] ? { nonce, until: Number(until) } : null
}

/** @param header of the request, which may have cookies of other programs on this host. */
export const sessionIn = (header: string | undefined): string | null =>
  (header ?? "")
    .split(/; */)
    .find((one) => one.startsWith(`${cookieName}=`))
    ?.slice(cookieName.length + 1) ?? null

export const sessionCookie = (ticket: string): string =>
  `${cookieName}=${ticket}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetimes.session / 1000}`

/**
 * Whether a request comes from a signed in browser that may act: it has a session, and the act key of that session.
 *
 * @param now epoch milliseconds.
 */
export const mayAct = (token: string, headers: Readonly<Record<string, string | undefined>>, now: number): boolean => {
  const session = readTicket(token, "session", sessionIn(headers["cookie"]) ?? "", now)
  const act = readTicket(token, "act", headers[actHeader] ?? "", now)
  return session !== null && act !== null && act.nonce === session.nonce
}
