/**
 * A command beside the running app. It does not use `process/Tool.ts`: it must not inherit the claim, which its
 * leftovers would keep, and a cancelled check must end every process that it started, by its process group.
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import type { ExecResult } from "../Runtime.ts"
import { contained } from "./Containment.ts"
import { shellArguments } from "./shell.ts"

/** How long to keep reading after the command ended: a background process may keep the pipe open. */
const drainMs = 200
/** Output beyond this (characters) is read and discarded. */
const maxOutput = 1024 * 1024

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // It ended in the meantime.
  }
}

/**
 * `sh -c`, with the exit code that a shell would report. Interrupting it kills its process group.
 *
 * @param name the process of the app beside which it runs.
 */
export const runCommand = (
  app: App,
  name: string,
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<ExecResult, Error> =>
  Effect.flatMap(contained(app, name, ["sh", ...shellArguments(command)]), (args) => runShell(args, cwd, env))

const runShell = (
  args: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<ExecResult, Error> =>
  Effect.callback<ExecResult, Error>((resume) => {
    let output = ""
    const child = spawn("sh", args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      child.stdout.destroy()
      child.stderr.destroy()
      resume(Effect.succeed({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), output }))
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text.slice(0, Math.max(0, maxOutput - output.length))
      })
    }
    child.once("error", (cause) => resume(Effect.fail(cause)))
    child.once("close", end)
    child.once("exit", (code, signal) => setTimeout(end, drainMs, code, signal))
    return Effect.sync(() => {
      if (child.pid !== undefined) killGroup(child.pid)
    })
  })
