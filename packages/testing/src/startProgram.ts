/** A program as a child process, for tests that signal it or read what it prints while it runs. */
import { spawn } from "node:child_process"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"

/** How a run ended. */
export interface Ran {
  /** null: a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly isRunning: () => boolean
  readonly stderr: Readable
  /** Standard output and error so far, in the order in which they came. */
  readonly said: () => string
  readonly signal: (name: NodeJS.Signals) => void
  /** Interrupted: the program gets SIGTERM. */
  readonly done: Effect.Effect<Ran>
}

export interface Start {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Whether its output keeps its last newline. */
  readonly exact: boolean
}

export const startProgram = (command: ReadonlyArray<string>, { cwd, env, exact }: Start): Running => {
  const [file = "", ...args] = command
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  const text = { stdout: "", stderr: "", both: "" }
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk
      text.both += chunk
    })
  }
  const output = (name: keyof typeof text) => (exact ? text[name] : text[name].replace(/\n$/, ""))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout: output("stdout"), stderr: output("stderr") }))
  })
  const isRunning = () => child.exitCode === null && child.signalCode === null
  // Not `child.kill`: on Deno it says afterwards that the signal ended the process, whatever its exit code was.
  const signal = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && isRunning()) process.kill(child.pid, name)
  }
  return {
    pid: child.pid ?? 0,
    isRunning,
    stderr: child.stderr,
    said: () => output("both"),
    signal,
    done: Effect.onInterrupt(
      Effect.promise(() => ended),
      () => Effect.sync(() => signal("SIGTERM"))
    )
  }
}
