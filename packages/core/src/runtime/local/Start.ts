/**
 * Starts one line of a Procfile, as the leader of a session of its own. Not through `process/Tool.ts`: the app has to
 * outlive lastgood, and must inherit neither the claim nor any other descriptor of it.
 */
import { spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { RuntimeFailed } from "../Runtime.ts"

export interface Started {
  readonly pid: number
  /** How it ended, once it has: `exit code 3`, `SIGSEGV`. */
  readonly ended: () => string | null
}

/** A log beyond this is set aside as `<name>.log.1` when the process is started again. */
const maxLogBytes = 10 * 1024 * 1024

export const logFile = (app: App, name: string): string => join(app.dir, "logs", `${name}.log`)

const openLog = (app: App, name: string): number => {
  const path = logFile(app, name)
  mkdirSync(join(app.dir, "logs"), { recursive: true, mode: 0o700 })
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > maxLogBytes) renameSync(path, `${path}.1`)
  return openSync(path, "a", 0o600)
}

/** The last lines of a process's log. */
export const logTail = (app: App, name: string, lines: number): string => {
  try {
    return readFileSync(logFile(app, name), "utf8").trimEnd().split("\n").slice(-lines).join("\n")
  } catch {
    return ""
  }
}

export const start = (
  app: App,
  name: string,
  command: string,
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
            reason: cause instanceof Error ? cause.message : String(cause),
            next: `look at ${logFile(app, name)} and at the Procfile`
          })
        )
      )
    try {
      const log = openLog(app, name)
      const child = spawn("sh", ["-c", command], { cwd, env: { ...env }, detached: true, stdio: ["ignore", log, log] })
      let ended: string | null = null
      child.once("exit", (code, signal) => {
        ended = signal ?? `exit code ${code}`
      })
      child.once("error", (cause) => {
        closeSync(log)
        failed(cause)
      })
      child.once("spawn", () => {
        closeSync(log)
        child.unref()
        resume(Effect.succeed({ pid: child.pid ?? 0, ended: () => ended }))
      })
    } catch (cause) {
      failed(cause)
    }
  })
