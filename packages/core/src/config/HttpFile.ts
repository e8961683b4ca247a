/** `http:`: where the daemon serves its API and metrics. */
import * as Schema from "effect/Schema"
import { text } from "../yaml/text.ts"

const octet = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)"
const port = "(?:6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})"
const expected = "an IP address and a port, such as `127.0.0.1:8420` or `[::1]:8420`"

// Only IP addresses: a name could stand for another address later.
const address = text({
  pattern: new RegExp(`^(?:${octet}(?:\\.${octet}){3}|\\[[0-9a-fA-F:.]{2,45}\\]):${port}$`, "u"),
  expected,
  description: "An IP address and a port."
})

const listen = Schema.Union([Schema.Literal("off"), address, Schema.Array(address)]).annotate({
  expected: `${expected}, a list of them, or \`off\``,
  description: "Where the daemon serves HTTP, besides the socket `<root>/http.sock`; `off`: only on the socket.",
  default: "127.0.0.1:8420"
})

const Options = Schema.Struct({
  listen: Schema.optionalKey(listen),
  readOpen: Schema.optionalKey(
    Schema.Boolean.annotate({
      expected: "`true` or `false`",
      description: "Whether users of this host may read without a token. Changing always needs the token.",
      default: false
    })
  )
}).annotate({ expected: "keys such as `listen:`" })

export const HttpFile = Schema.Union([Schema.Literal("off"), Options]).annotate({
  expected: "`off`, or keys such as `listen:`",
  description: "The HTTP API of the daemon; `off`: none, and no socket either."
})
export type HttpFile = typeof HttpFile.Type

export interface ListenAddress {
  /** An IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:8420`, `[::1]:8420`. */
export const addressText = ({ host, port }: ListenAddress): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`

/** What a program on this host uses for an address that the daemon listens on. */
export const reachable = ({ host, port }: ListenAddress): ListenAddress => {
  const own = { "0.0.0.0": "127.0.0.1", "::": "::1" } as const
  return { host: host === "0.0.0.0" || host === "::" ? own[host] : host, port }
}

export interface HttpSettings {
  /** Empty: only the socket. */
  readonly listen: ReadonlyArray<ListenAddress>
  /** true: connections from this host read without a token. */
  readonly readOpen: boolean
}

export const defaultHttp: HttpSettings = { listen: [{ host: "127.0.0.1", port: 8420 }], readOpen: false }

const addressOf = (given: string): ListenAddress => {
  const colon = given.lastIndexOf(":")
  return { host: given.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(given.slice(colon + 1)) }
}

const addressesOf = (given: string | ReadonlyArray<string>): ReadonlyArray<ListenAddress> =>
  typeof given === "string" ? [addressOf(given)] : [...new Set(given)].map(addressOf)

/** null: no HTTP at all. */
export const toHttpSettings = (said: HttpFile | undefined): HttpSettings | null => {
  if (said === "off") return null
  const { listen, readOpen = defaultHttp.readOpen } = said ?? {}
  if (listen === "off") return { listen: [], readOpen }
  return { listen: listen === undefined ? defaultHttp.listen : addressesOf(listen), readOpen }
}
