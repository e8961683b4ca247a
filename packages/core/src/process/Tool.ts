/**
 * The only place that starts other programs (docker, git, tar, flock …): execa behind a typed error. A program gets a
 * minimal environment (LAW-17), no standard input and an argument list without a shell. When the fiber is interrupted,
 * it is killed with its process group.
 */
import { createReadStream, fstatSync } from "node:fs"
import { basename } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa, type Options } from "execa"
import { activityOf } from "./activity.ts"
import { toolEnvironment } from "./environment.ts"
import { Heartbeat } from "./Heartbeat.ts"

/** A program that could not be started, was killed, or ended with an unexpected exit code. */
export class ToolFailed extends Schema.TaggedError<ToolFailed>()("ToolFailed", {
  tool: Schema.String,
  args: Schema.Array(Schema.String),
  /** null: not started, or ended by a signal. */
  code: Schema.NullOr(Schema.Number),
  /** The signal that ended it: `SIGKILL`. */
  signal: Schema.optionalKey(Schema.String),
  stdout: Schema.String,
  stderr: Schema.String,
  /** The program is not installed. */
  notFound: Schema.Boolean,
  timedOut: Schema.Boolean
}) {
  /** The program's own error output: stderr, or stdout for programs that complain there. */
  get said(): string {
    const text = this.stderr.trim() || this.stdout.trim()
    if (this.notFound) return `${this.tool} is not installed`
    if (this.timedOut) return `${this.tool} did not end in time${text === "" ? "" : `: ${text}`}`
    if (this.signal !== undefined) return `${this.tool} was ended by ${this.signal}${text === "" ? "" : `: ${text}`}`
    return text === "" ? `${this.tool} ended with code ${this.code}` : text
  }
  override get message() {
    return `${this.tool} ${this.args[0] ?? ""}: ${this.said}`
  }
}

export interface ToolOptions {
  readonly cwd?: string
  /**
   * Variables added to PATH, HOME and a fixed locale (`environment.ts`). Nothing else reaches the program (LAW-17).
   */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** A part of a file as standard input: from `start` up to, not including, `end` (null: to its end), in bytes. */
  readonly inputOf?: { readonly file: string; readonly start: number; readonly end: number | null }
  /** Read stdin directly from this open file descriptor, from where it is. */
  readonly stdinFd?: number
  /** Milliseconds. No default: a snapshot may take hours. */
  readonly timeoutMs?: number
  /** Exit codes that are an answer, not a failure. Default: 0. */
  readonly codes?: ReadonlyArray<number>
  /** More output than this is a failure, whatever the exit code, since an answer must be complete. Default: 64 MiB. */
  readonly maxBytes?: number
  /** Write stdout directly to this open file descriptor. */
  readonly stdoutFd?: number
  /** Called with its pid, which is also that of its process group. */
  readonly onStart?: (pid: number) => void
}

/**
 * File descriptors that every tool started here inherits (as 3, 4 …). A tool keeps the claim on an app (LAW-7) through
 * them when lastgood is killed first.
 */
export const InheritedFds = Context.Reference<ReadonlyArray<number>>("lastgood/process/InheritedFds", {
  defaultValue: () => []
})

/**
 * The environment variable of a tool that has the pid of the lastgood that started it. It identifies the tool after
 * that lastgood has ended.
 */
export const toolOf = "LASTGOOD_TOOL_OF"

export interface ToolResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * How long a program may take to end after SIGTERM, and again after SIGKILL. A program that the kernel cannot end (it
 * waits for a disk that does not respond) is left behind. It keeps the claim, so no other lastgood starts beside it.
 */
const graceMs = 5000

/** Signals a program and every process that it started. */
const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It ended in the meantime.
  }
}

/**
 * Runs a program to its end. Interrupting the effect, or its time limit, ends the program and every process that it
 * started: SIGTERM, then SIGKILL after 5 s. The program has its own session, so Ctrl-C in the terminal reaches only
 * lastgood, which may have to finish the step that keeps an app down.
 */
export const run = (
  tool: string,
  args: ReadonlyArray<string>,
  options: ToolOptions = {}
): Effect.Effect<ToolResult, ToolFailed> =>
  Effect.gen(function* () {
    return yield* start(tool, args, options, yield* InheritedFds, yield* Heartbeat)
  }).pipe(Effect.withSpan(`lastgood.tool.${basename(tool)}`))

/** Beats while a program is active, and when it starts and ends. */
const listen = (pid: number | undefined, { beat, everyMs }: Heartbeat): (() => void) => {
  beat()
  if (everyMs === null || pid === undefined) return beat
  let before = ""
  const timer = setInterval(() => {
    const now = activityOf(pid)
    if (now !== before) beat()
    before = now
  }, everyMs)
  return () => {
    clearInterval(timer)
    beat()
  }
}

/**
 * Ctrl-C goes to the terminal's whole process group. It also hits a program in the moment before that gets its own
 * session, and then the program ends before it has begun. A SIGINT after this time has another sender.
 */
const atOnceMs = 1000
const startsAgain = 3

const hasInput = ({ input, inputOf }: ToolOptions): boolean => input !== undefined || inputOf !== undefined

const inputFor = ({ input, inputOf }: ToolOptions): Pick<Options, "input"> => {
  if (input !== undefined) return { input }
  if (inputOf === undefined) return {}
  const { end, file, start } = inputOf
  return { input: createReadStream(file, { start, ...(end === null ? {} : { end: end - 1 }), highWaterMark: 1 << 20 }) }
}

const start = (
  tool: string,
  args: ReadonlyArray<string>,
  options: ToolOptions,
  fds: ReadonlyArray<number>,
  heartbeat: Heartbeat,
  again = startsAgain
): Effect.Effect<ToolResult, ToolFailed> =>
  Effect.callback<ToolResult, ToolFailed>((resume) => {
    const startedAt = performance.now()
    const written = () => (options.stdoutFd === undefined ? 0 : fstatSync(options.stdoutFd).size)
    const writtenBefore = written()
    /** Whether a signal ended the program before it can have done anything. */
    const neverBegan = (signal: string | undefined) =>
      signal === "SIGINT" && !timedOut && performance.now() - startedAt < atOnceMs && written() === writtenBefore
    const child = execa(tool, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...toolEnvironment(), ...options.env, [toolOf]: String(process.pid) },
      extendEnv: false,
      ...inputFor(options),
      stdio: [hasInput(options) ? "pipe" : (options.stdinFd ?? "ignore"), options.stdoutFd ?? "pipe", "pipe", ...fds],
      reject: false,
      detached: true,
      cleanup: false,
      maxBuffer: options.maxBytes ?? 64 * 1024 * 1024,
      stripFinalNewline: false
    } as Options)
    if (child.pid !== undefined) options.onStart?.(child.pid)
    const stopListening = listen(child.pid, heartbeat)
    let force: NodeJS.Timeout | undefined
    let giveUp: NodeJS.Timeout | undefined
    /** Resolves when the program has ended, or cannot be ended. */
    const end = () =>
      new Promise<void>((resolve) => {
        signalGroup(child.pid, "SIGTERM")
        force = setTimeout(() => {
          signalGroup(child.pid, "SIGKILL")
          giveUp = setTimeout(resolve, graceMs)
        }, graceMs)
        void done.then(() => resolve())
      })
    let timedOut = false
    const limit =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            void end().then(() => fail({ code: null, stdout: "", stderr: "" }))
          }, options.timeoutMs)
    const done = child.finally(() => {
      clearTimeout(limit)
      clearTimeout(force)
      clearTimeout(giveUp)
      stopListening()
    })
    const fail = (seen: Pick<ToolFailed, "code" | "stdout" | "stderr" | "signal">, notFound = false) =>
      resume(Effect.fail(new ToolFailed({ tool, args: [...args], ...seen, notFound, timedOut })))
    void done.then((result) => {
      const code = result.exitCode ?? null
      const stdout = typeof result.stdout === "string" ? result.stdout : ""
      const stderr = typeof result.stderr === "string" ? result.stderr : ""
      if (code !== null && !timedOut && !result.isMaxBuffer && (options.codes ?? [0]).includes(code)) {
        resume(Effect.succeed({ code, stdout, stderr }))
      } else if (again > 0 && neverBegan(result.signal)) {
        resume(start(tool, args, options, fds, heartbeat, again - 1))
      } else {
        const { signal } = result
        const isUnexplained = stderr === "" && code === null && signal === undefined
        const said = isUnexplained ? (result.originalMessage ?? result.shortMessage ?? "") : stderr
        const ended = signal === undefined ? {} : { signal }
        fail({ code, stdout, stderr: said, ...ended }, result.code === "ENOENT" && options.cwd === undefined)
      }
    })
    return Effect.promise(end)
  })
