/**
 * The one place that starts other programs (docker, git, tar, flock …): execa behind a typed error. Programs get a
 * fixed locale (their output is read), no standard input, an argument list that no shell sees, and are killed with
 * their group when the fiber is interrupted.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa, type Options } from "execa"

/** A program that could not be started, was killed, or ended with a code that was not expected. */
export class ToolFailed extends Schema.TaggedError<ToolFailed>()("ToolFailed", {
  tool: Schema.String,
  args: Schema.Array(Schema.String),
  /** null: not started, or ended by a signal. */
  code: Schema.NullOr(Schema.Number),
  stdout: Schema.String,
  stderr: Schema.String,
  /** The program is not installed. */
  notFound: Schema.Boolean,
  timedOut: Schema.Boolean
}) {
  /** The program's own last words: stderr, or stdout where it complains there. */
  get said(): string {
    const text = this.stderr.trim() || this.stdout.trim()
    if (this.notFound) return `${this.tool} is not installed`
    if (this.timedOut) return `${this.tool} did not end in time${text === "" ? "" : `: ${text}`}`
    return text === "" ? `${this.tool} ended with code ${this.code}` : text
  }
  override get message() {
    return `${this.tool} ${this.args[0] ?? ""}: ${this.said}`
  }
}

export interface ToolOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** false: the program sees `env` and nothing of lastgood's own environment. Default: both. */
  readonly extendEnv?: boolean
  readonly input?: string
  /** Milliseconds. No default: a snapshot may take hours. */
  readonly timeoutMs?: number
  /** Exit codes that are an answer, not a failure. Default: 0. */
  readonly codes?: ReadonlyArray<number>
  /** Write stdout straight to this open file descriptor. */
  readonly stdoutFd?: number
}

/**
 * File descriptors that every tool started here inherits (as 3, 4 …): how a tool keeps the claim on an app (LAW-7) when
 * lastgood is killed before it.
 */
export const InheritedFds = Context.Reference<ReadonlyArray<number>>("lastgood/process/InheritedFds", {
  defaultValue: () => []
})

export interface ToolResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How long a program may take to end after SIGTERM. */
const graceMs = 5000

/** Signals a program and all that it started. */
const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It ended by itself meanwhile.
  }
}

/**
 * Runs a program to its end. Interrupting the effect, or its time limit, ends it and all that it started: SIGTERM, then
 * SIGKILL after 5 s. It has a session of its own: Ctrl-C in the terminal is lastgood's to answer, which may first have to
 * finish what keeps an app down.
 */
export const run = (
  tool: string,
  args: ReadonlyArray<string>,
  options: ToolOptions = {}
): Effect.Effect<ToolResult, ToolFailed> => Effect.flatMap(InheritedFds, (fds) => start(tool, args, options, fds))

const start = (tool: string, args: ReadonlyArray<string>, options: ToolOptions, fds: ReadonlyArray<number>) =>
  Effect.callback<ToolResult, ToolFailed>((resume) => {
    const child = execa(tool, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { LC_ALL: "C", ...options.env },
      extendEnv: options.extendEnv ?? true,
      ...(options.input === undefined ? {} : { input: options.input }),
      stdio: [options.input === undefined ? "ignore" : "pipe", options.stdoutFd ?? "pipe", "pipe", ...fds],
      reject: false,
      detached: true,
      cleanup: false,
      maxBuffer: 64 * 1024 * 1024,
      stripFinalNewline: false
    } as Options)
    let force: NodeJS.Timeout | undefined
    const end = () => {
      signalGroup(child.pid, "SIGTERM")
      force = setTimeout(() => signalGroup(child.pid, "SIGKILL"), graceMs)
    }
    let timedOut = false
    const limit =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            end()
          }, options.timeoutMs)
    const done = child.finally(() => {
      clearTimeout(limit)
      clearTimeout(force)
    })
    void done.then((result) => {
      const code = result.exitCode ?? null
      const stdout = typeof result.stdout === "string" ? result.stdout : ""
      const stderr = typeof result.stderr === "string" ? result.stderr : ""
      if (code !== null && !timedOut && (options.codes ?? [0]).includes(code)) {
        resume(Effect.succeed({ code, stdout, stderr }))
      } else {
        resume(
          Effect.fail(
            new ToolFailed({
              tool,
              args: [...args],
              code,
              stdout,
              stderr: stderr === "" && code === null ? (result.originalMessage ?? result.shortMessage ?? "") : stderr,
              notFound: result.code === "ENOENT" && options.cwd === undefined,
              timedOut
            })
          )
        )
      }
    })
    return Effect.promise(async () => {
      end()
      await done.catch(() => undefined)
    })
  })
