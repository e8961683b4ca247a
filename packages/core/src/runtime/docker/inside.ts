/** A look into containers: commands in them, their own health, what they printed. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { nextText } from "../../domain/Next.ts"
import { redact } from "../../secrets/Redact.ts"
import type { ExecResult, RuntimeFailed } from "../Runtime.ts"
import type { Container } from "./containers.ts"
import type { Docker } from "./Docker.ts"
import { secretsOfEnv } from "./recipeSecrets.ts"

/** A command may end with any code: it is the answer. */
const anyCode = Array.from({ length: 256 }, (_, code) => code)

/** Longer than any check's own limit. */
const execTimeoutMs = 24 * 60 * 60 * 1000

/**
 * What no word of the app may repeat. Its stack, domain and name are public, though recipes give them to services too.
 *
 * @param env what its containers were given, as `NAME=value`
 */
export const secretsInside = (docker: Docker, app: App, env: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...docker.call.secrets, ...secretsOfEnv(env)].filter((value) => ![app.stack, app.domain, app.name].includes(value))

/** The service that is meant, by name: the named one, the only one, or (as Co-op Cloud's recipes name it) `app`. */
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
        ? "no service of it is there"
        : wanted === undefined
          ? `it has several services (${known}), and none is called app`
          : `it has no service ${wanted} (there are: ${known})`,
      names.length === 0 ? nextText(app.name, { do: "Deploy" }) : "name the service in the check"
    )
  )
}

/** `sh -c` in a running container. An interrupt ends the wait; the command itself may go on. */
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
  // Docker's own failures come with the code 1 of a command that failed; only their words tell them apart.
  if (code !== 0 && /^Error( response from daemon)?: /.test(stderr)) return yield* docker.complaint(stderr)
  const result: ExecResult = { code, output: redact(stdout + stderr, secrets) }
  return result
})

export interface Line {
  /** As Docker stamped it: sorts by time. */
  readonly at: string
  readonly text: string
}

/** Containers of one app whose output is worth a look: those of a crash loop come last and say the most. */
const containersToRead = 12

export const newestFirst = (containers: ReadonlyArray<Container>): ReadonlyArray<Container> =>
  containers.toSorted((a, b) => b.Created.localeCompare(a.Created))

/** The last lines of each of the newest containers. Secrets are still in them. */
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

const stamped = (line: string, service: string): Line => {
  const space = line.indexOf(" ")
  return { at: line.slice(0, space), text: `${service} | ${line.slice(space + 1)}` }
}

/** The last of all lines by time, without secrets. */
export const lastOf = (all: ReadonlyArray<Line>, lines: number, secrets: ReadonlyArray<string>): string =>
  redact(
    all
      .toSorted((a, b) => a.at.localeCompare(b.at))
      .slice(-lines)
      .map(({ text }) => text)
      .join("\n"),
    secrets
  )
