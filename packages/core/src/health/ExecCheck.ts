/**
 * A command inside the app, healthy when it exits with 0. LAW-12: what it prints is not kept, since it comes from within
 * the app and may be anything; the exit code is.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { line } from "../yaml/text.ts"
import type { Look } from "./HealthGate.ts"
import { defineKind, type LookAt, service, serviceOf, timeout } from "./Kind.ts"
import { oneLine } from "./problem.ts"

const meanings: Readonly<Record<number, string>> = {
  126: " (cannot be executed)",
  127: " (command not found)",
  137: " (killed, out of memory?)"
}

const look: LookAt<"exec"> = (check, app, runtime) =>
  Effect.matchEager(runtime.exec(app, check.command, check.service), {
    onFailure: (error): Look => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ code }): Look => ({ ok: code === 0, dead: false, seen: `exit ${code}${meanings[code] ?? ""}` })
  })

/** Variables and arguments may hold a password: the name, which goes to the log, has the program alone. */
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
  look
})
