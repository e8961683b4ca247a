/**
 * A command inside the app, healthy when it exits with 0. LAW-12: the exit code is kept. The output is not, since it
 * comes from the app and may contain anything.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { line } from "../yaml/text.ts"
import type { CheckResult } from "./HealthGate.ts"
import { defineKind, type RunCheck, service, serviceOf, timeout } from "./Kind.ts"
import { oneLine } from "./problem.ts"

const meanings: Readonly<Record<number, string>> = {
  126: " (cannot be executed)",
  127: " (command not found)",
  137: " (killed, out of memory?)"
}

const run: RunCheck<"exec"> = (check, app, runtime) =>
  Effect.matchEager(runtime.exec(app, check.command, check.service), {
    onFailure: (error): CheckResult => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ code }): CheckResult => ({ ok: code === 0, dead: false, seen: `exit ${code}${meanings[code] ?? ""}` })
  })

/** Variables and arguments may contain a password, and the name goes to the log, so the name has only the program. */
const nameOf = (command: string): string => {
  const program = command.split(/\s+/).find((word) => /^[\w./-]+$/.test(word))
  return program === undefined ? "exec" : `exec ${program}`
}

export const exec = defineKind("exec", {
  file: Schema.Struct({
    exec: line({
      expected: "a command, on one line",
      description: "Command to run in a service's container; exit code 0 is healthy.",
      examples: ["pg_isready -U postgres"],
      secret: true
    }),
    service,
    timeout
  }),
  toCheck: ({ exec, service, timeout }) => ({
    kind: "exec",
    name: nameOf(exec),
    command: exec,
    ...serviceOf(service),
    timeoutMs: timeout
  }),
  /** A command without a service runs in the container of the service that has the label. */
  inService: (written, service) => ("service" in written ? written : { ...written, service }),
  run
})
