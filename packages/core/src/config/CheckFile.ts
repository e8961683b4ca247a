/**
 * A health check as it is written, in the configuration and by plugins alike, and the `Check` that it becomes. Which of
 * the four it is, is told by its first key.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Check } from "../domain/App.ts"
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"
import { positiveDuration } from "./duration.ts"
import { integer, line, text } from "./text.ts"

export const timeout = positiveDuration("How long one look may take.", "5s").pipe(
  Schema.withDecodingDefaultKey(Effect.succeed("5s"))
)

const service = Schema.optionalKey(
  line({
    expected: "the name of a service",
    description: "The service in whose container it runs; needed where the app has several."
  })
)

const HttpCheck = Schema.Struct({
  http: text({
    pattern: /^(?:https?:\/\/[^\s/]\S*|\/\S*)$/u,
    expected: "a URL that starts with http:// or https://, or a path that starts with / (of https://<domain>)",
    description: "URL to GET, or a path of https://<domain>. Redirects are not followed.",
    examples: ["http://127.0.0.1:8080/health/ready", "/health"],
    secret: true
  }),
  status: integer(100, 599, "The status that is healthy.", 200).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(200))
  ),
  contains: Schema.optionalKey(
    Schema.String.annotate({ description: "What the body must contain.", expected: "a text that is not empty" }).pipe(
      Schema.check(Schema.isMinLength(1, { expected: "a text that is not empty" }))
    )
  ),
  timeout
})

/** Host and port; the host of an IPv6 address stands in brackets. */
const hostAndPort = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^\s:[\]/@]+)):(?<port>\d{1,5})$/u
const tcpExpected = 'a host and a port from 1 to 65535, such as `"127.0.0.1:5432"` or `"[::1]:5432"`'

const TcpCheck = Schema.Struct({
  tcp: Schema.String.annotate({
    description: "Host and port that must accept a connection.",
    expected: tcpExpected,
    examples: ["127.0.0.1:5432"]
  }).pipe(
    Schema.check(
      Schema.makeFilter(
        (value: string) => {
          const port = Number(hostAndPort.exec(value)?.groups?.["port"] ?? 0)
          return port >= 1 && port <= 65_535
        },
        { expected: tcpExpected }
      )
    )
  ),
  timeout
})

const ExecCheck = Schema.Struct({
  exec: line({
    expected: "a command, on one line",
    description: "Command to run in a service's container; exit code 0 is healthy.",
    examples: ["pg_isready -U postgres"],
    secret: true
  }),
  service,
  timeout
})

const ContainerCheck = Schema.Struct({
  container: Schema.Union([
    Schema.Literal(true),
    line({ expected: "the name of a service", description: "The service whose HEALTHCHECK is asked." })
  ]).annotate({
    description: "The container's own HEALTHCHECK: `true` for every service, or the name of one. Weak evidence.",
    expected: "`true` or the name of a service"
  }),
  timeout
})

export const CheckFile = Schema.Union([HttpCheck, TcpCheck, ExecCheck, ContainerCheck]).annotate({
  expected: "a check with one of the keys http, tcp, exec or container",
  // A command or a URL in its place may hold a password.
  secret: true
})
/** A check as it is read, defaults filled in, durations in milliseconds. */
export type CheckFile = typeof CheckFile.Type
/** A check as it is written. */
export type CheckText = typeof CheckFile.Encoded

export const toCheck = (check: CheckFile, domain: string): Check => {
  const timeoutMs = check.timeout
  if ("http" in check) {
    const { status, contains } = check
    const url = check.http.startsWith("/") ? `https://${domain}${check.http}` : check.http
    return {
      kind: "http",
      name: `http ${withoutUrlSecrets(url)}`,
      url,
      status,
      ...(contains === undefined ? {} : { contains }),
      timeoutMs
    }
  }
  if ("tcp" in check) {
    const { ipv6, host, port } = hostAndPort.exec(check.tcp)?.groups ?? {}
    return { kind: "tcp", name: `tcp ${check.tcp}`, host: ipv6 ?? host ?? "", port: Number(port), timeoutMs }
  }
  if ("exec" in check) {
    // Variables and arguments may hold a password: the name, which goes to the log, has the program alone.
    const program = check.exec.split(/\s+/).find((word) => /^[\w./-]+$/.test(word))
    const name = program === undefined ? "exec" : `exec ${program}`
    return { kind: "exec", name, command: check.exec, ...serviceOf(check.service), timeoutMs }
  }
  const only = check.container === true ? undefined : check.container
  return {
    kind: "container",
    name: only === undefined ? "container" : `container ${only}`,
    ...serviceOf(only),
    timeoutMs
  }
}

const serviceOf = (service: string | undefined) => (service === undefined ? {} : { service })

/** Names that differ (evidence is kept by name): the second `exec psql` is `exec psql #2`. */
export const distinct = (checks: ReadonlyArray<Check>): ReadonlyArray<Check> => {
  const seen = new Map<string, number>()
  return checks.map((check) => {
    const count = (seen.get(check.name) ?? 0) + 1
    seen.set(check.name, count)
    return count === 1 ? check : { ...check, name: `${check.name} #${count}` }
  })
}

export const toChecks = (checks: ReadonlyArray<CheckFile>, domain: string): ReadonlyArray<Check> =>
  distinct(checks.map((check) => toCheck(check, domain)))
