/**
 * Who may do what over HTTP. Pure.
 *
 * The loopback is shared by all users of a host, and reachable from their browsers. So everything needs the token, a request
 * must name the host by an IP address or as localhost (a name that an attacker's DNS points here is refused), and a request
 * of another site changes nothing. The socket is for its owner alone, because of its mode.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { isIPv4, isIPv6 } from "node:net"

/** How a request came in. */
export interface Connection {
  readonly kind: "socket" | "tcp"
  /** The address of the client; null: unknown, or the socket. */
  readonly peer: string | null
}

/** The parts of a request that the rules need. Header names are in lower case. */
export interface Incoming {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

const reads: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

export const isReading = ({ method }: Pick<Incoming, "method">): boolean => reads.has(method)

const hostOf = (header: string): string | null => {
  const [, bracketed, plain] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header) ?? []
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed : null
  return plain ?? null
}

const isOwnName = (header: string): boolean => {
  const host = hostOf(header)
  return host !== null && (isIPv4(host) || isIPv6(host) || host.toLowerCase() === "localhost")
}

/** Whether the page that sent the request is lastgood's own, as far as the browser says. Other programs send neither header. */
const isOwnPage = ({ host = "", origin, "sec-fetch-site": site }: Incoming["headers"]): boolean => {
  if (site !== undefined && site !== "same-origin" && site !== "none") return false
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`
}

/** Why a request is refused, whatever token it has; null: it is not. */
export const refusalOf = ({ headers, method }: Incoming, { kind }: Connection): string | null => {
  if (kind === "socket") return null
  const { host } = headers
  if (host === undefined || !isOwnName(host)) {
    return "the Host header must be an IP address or localhost"
  }
  if (!isReading({ method }) && !isOwnPage(headers)) return "the request comes from another site"
  return null
}

export const isLoopback = (address: string | null): boolean => {
  if (address === null) return false
  const plain = address.toLowerCase().replace(/^::ffff:/, "")
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."))
}

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Takes the same time wherever the two differ. */
const isToken = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token))

/** @param given the bearer token of the request; empty: none. */
export const isAllowed = (
  request: Pick<Incoming, "method">,
  { kind, peer }: Connection,
  given: string,
  rules: { readonly token: string; readonly readOpen: boolean; readonly hasSession: boolean }
): boolean => {
  if (kind === "socket" || isToken(given, rules.token)) return true
  return isReading(request) && (rules.hasSession || (rules.readOpen && isLoopback(peer)))
}
