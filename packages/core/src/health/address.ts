/** `host:port` as written in a check. The host of an IPv6 address is in brackets. */
import { isIPv6 } from "node:net"
import * as Schema from "effect/Schema"

const hostAndPort = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[\w.-]+)):(?<port>\d{1,5})$/u
const expected = 'a host and a port from 1 to 65535, such as `"127.0.0.1:5432"` or `"[::1]:5432"`'

export const addressOf = (written: string): { readonly host: string; readonly port: number } => {
  const { ipv6, host, port } = hostAndPort.exec(written)?.groups ?? {}
  return { host: ipv6 ?? host ?? "", port: Number(port ?? 0) }
}

export const address = (description: string, example: string) =>
  Schema.String.annotate({ description, expected, examples: [example] }).pipe(
    Schema.check(
      Schema.makeFilter(
        (value: string) => {
          const { host, port } = addressOf(value)
          return port >= 1 && port <= 65_535 && (!value.startsWith("[") || isIPv6(host))
        },
        { expected }
      )
    )
  )
