/**
 * Starts one line of a Procfile, as the leader of its own session. It does not use `process/Tool.ts`: the app must
 * outlive lastgood, and must inherit neither the claim nor any other descriptor.
 */
import { spawn } from "node:child_process"
import { closeSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { messageOf } from "../../domain/messageOf.ts"
import { RuntimeFailed } from "../Runtime.ts"
import { contained } from "./Containment.ts"
import { logFile, openLog } from "./Logs.ts"
import { shellArguments } from "./shell.ts"

export interface Started {
  readonly pid: number
  /** How it ended, once it has: `exit code 3`, `SIGSEGV`. */
  readonly ended: () => string | null
}

/** @param cwd must exist: a missing folder would be reported as a missing shell. */
export const start = (
  app: App,
  name: string,
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<Started, RuntimeFailed> =>
  Effect.flatMap(contained(app, name, ["sh", ...shellArguments(command)]), (args) => spawned(app, name, args, cwd, env))

const spawned = (
  app: App,
  name: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<Started, RuntimeFailed> =>
  Effect.callback<Started, RuntimeFailed>((resume) => {
    const failed = (cause: unknown) =>
      resume(
        Effect.fail(
          new RuntimeFailed({
            app: app.name,
            operation: `start of ${name}`,
            reason: messageOf(cause),
            next: `check ${logFile(app, name)} and the Procfile`
          })
        )
      )
    let log: number | null = null
    const closeLog = () => {
      if (log !== null) closeSync(log)
      log = null
    }
    try {
      log = openLog(app, name)
      const stdio = ["ignore", log, log] as const
      const child = spawn("sh", args, { cwd, env, detached: true, stdio: [...stdio] })
      let ended: string | null = null
      child.once("exit", (code, signal) => {
        ended = signal ?? `exit code ${code}`
      })
      child.once("error", (cause) => {
        closeLog()
        failed(cause)
      })
      child.once("spawn", () => {
        closeLog()
        child.unref()
        resume(Effect.succeed({ pid: child.pid ?? 0, ended: () => ended }))
      })
    } catch (cause) {
      closeLog()
      failed(cause)
    }
  })
