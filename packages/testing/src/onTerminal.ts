/** A program on a terminal of its own, as a person would start it: `script` of util-linux makes the terminal. */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

export interface OnTerminal {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly columns?: number
  /** What is typed once the program has printed this text. Without it, nothing is typed. */
  readonly typed?: { readonly after: string; readonly keys: string }
}

export interface RanOnTerminal {
  readonly code: number | null
  /** What the terminal showed: standard output and error, and the echo of what was typed. */
  readonly shown: string
}

export const onTerminal = (
  command: ReadonlyArray<string>,
  { columns = 80, cwd, env, typed }: OnTerminal
): Effect.Effect<RanOnTerminal> =>
  Effect.callback<RanOnTerminal>((resume) => {
    const line = `stty cols ${columns} rows 24; exec ${command.map(quoted).join(" ")}`
    const child = spawn("script", ["-qec", line, "/dev/null"], {
      cwd,
      env: { ...env, SHELL: "/bin/sh", TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"]
    })
    let shown = ""
    let isTyped = false
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk
      if (typed === undefined || isTyped || !shown.includes(typed.after)) return
      isTyped = true
      child.stdin.write(typed.keys)
    })
    child.once("close", (code) => resume(Effect.succeed({ code, shown: shown.replaceAll("\r\n", "\n") })))
    return Effect.sync(() => child.kill("SIGHUP"))
  })
