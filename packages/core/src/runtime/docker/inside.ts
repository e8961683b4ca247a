/** Access to containers: commands in them, their health, and their logs. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { nextText } from "../../domain/Next.ts"
import { redact } from "../../secrets/Redact.ts"
import type { ExecResult, RuntimeFailed } from "../Runtime.ts"
import type { Container } from "./containers.ts"
import type { Docker } from "./Docker.ts"
import { secretsOfEnv } from "./recipeSecrets.ts"

/** A command may exit with any code: it is the answer. */
const anyCode = Array.from({ length: 256 }, (_, code) => code)

/** Longer than the limit of any check. */
const execTimeoutMs = 24 * 60 * 60 * 1000

/**
 * The secrets to redact from the output of an app. Its stack, domain and name are public, although recipes pass them to
 * services too.
 *
 * @param env of its containers, as `NAME=value`.
 */
export const secretsInside = (docker: Docker, app: App, env: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...docker.call.secrets, ...secretsOfEnv(env)].filter((value) => ![app.stack, app.domain, app.name].includes(value))

/** The requested service: the named one, the only one, or `app` (the convention of Co-op Cloud's recipes). */
export const pickService = <Service>(
  docker: Docker,
  app: App,
  there: ReadonlyMap<string, Service>,
  wanted: string | undefined
): Effect.Effect<readonly [name: string, service: Service], RuntimeFailed> => {
  const names = [...there.keys()].toSorted()
  const meant = wanted ?? (names.length === 1 ? names[0] : "app")
  const found = [...there].find(([name]) => name === meant)
  if (found !== undefined) return Effect.succeed(found)
  const known = names.join(", ")
  return Effect.fail(
    docker.failed(
      names.length === 0
        ? "no service of it exists"
        : wanted === undefined
          ? `it has several services (${known}), and none is named app`
          : `it has no service ${wanted} (services: ${known})`,
      names.length === 0 ? nextText(app.name, { do: "Deploy" }) : "set the service of the check"
    )
  )
}

/** `sh -c` in a running container. An interrupt ends the wait; the command itself may continue. */
export const execIn = Effect.fn("Docker.execIn")(function* (
  docker: Docker,
  container: Container,
  command: string,
  secrets: ReadonlyArray<string>
) {
  const { code, stdout, stderr } = yield* docker.run(["exec", container.Id, "sh", "-c", command], {
    codes: anyCode,
    timeoutMs: execTimeoutMs
  })
  // Docker's own failures have the same code 1 as a command that failed, so only the message distinguishes them.
  if (code !== 0 && /^Error( response from daemon)?: /.test(stderr)) return yield* docker.complaint(stderr)
  const result: ExecResult = { code, output: redact(stdout + stderr, secrets) }
  return result
})

export interface LogLine {
  /** Docker's timestamp, by which lines are sorted. */
  readonly at: string
  readonly text: string
}

/** How many containers of one app to read: those of a crash loop come last and tell the most. */
const containersToRead = 12

export const newestFirst = (containers: ReadonlyArray<Container>): ReadonlyArray<Container> =>
  containers.toSorted((a, b) => b.Created.localeCompare(a.Created))

/** The last lines of each of the newest containers, not redacted. */
export const printedBy = Effect.fn("Docker.printedBy")(function* (
  docker: Docker,
  containers: ReadonlyArray<Container>,
  serviceOf: (container: Container) => string,
  lines: number
) {
  const printed = yield* Effect.forEach(newestFirst(containers).slice(0, containersToRead), (container) =>
    docker.run(["container", "logs", "--timestamps", "--tail", String(lines), container.Id], { codes: [0, 1] }).pipe(
      Effect.map(({ stdout, stderr }) =>
        (stdout + stderr)
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => stamped(line, serviceOf(container)))
      )
    )
  )
  return printed.flat()
})

const stamped = (line: string, service: string): LogLine => {
  const space = line.indexOf(" ")
  return { at: line.slice(0, space), text: `${service} | ${line.slice(space + 1)}` }
}

/** The last of all lines by time, redacted. */
export const lastOf = (all: ReadonlyArray<LogLine>, lines: number, secrets: ReadonlyArray<string>): string =>
  redact(
    all
      .toSorted((a, b) => a.at.localeCompare(b.at))
      .slice(-lines)
      .map(({ text }) => text)
      .join("\n"),
    secrets
  )
