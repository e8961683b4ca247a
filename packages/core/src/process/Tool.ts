/**
 * The one place that starts other programs (docker, git, tar, flock …): execa behind a typed error. Programs get an
 * environment of lastgood's own (LAW-17), no standard input, an argument list that no shell sees, and are killed with
 * their group when the fiber is interrupted.
 */
import { fstatSync } from "node:fs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa, type Options } from "execa"
import { activityOf } from "./activity.ts"
import { toolEnvironment } from "./environment.ts"
import { Heartbeat } from "./Heartbeat.ts"

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
  /** What the program sees beside PATH, HOME and a fixed locale (`environment.ts`): nothing else reaches it (LAW-17). */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Milliseconds. No default: a snapshot may take hours. */
  readonly timeoutMs?: number
  /** Exit codes that are an answer, not a failure. Default: 0. */
  readonly codes?: ReadonlyArray<number>
  /** More than this printed is a failure, whatever the program's code: an answer must be whole. Default: 64 MiB. */
  readonly maxBytes?: number
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

/** Names, in a tool's environment, the lastgood that started it: how it is known when that one is gone. */
export const toolOf = "LASTGOOD_TOOL_OF"

export interface ToolResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * How long a program may take to end after SIGTERM, and again after SIGKILL: one that the kernel cannot end (it waits for
 * a disk that does not answer) is left behind. It keeps the claim, so nobody else begins beside it.
 */
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
): Effect.Effect<ToolResult, ToolFailed> =>
  Effect.gen(function* () {
    return yield* start(tool, args, options, yield* InheritedFds, yield* Heartbeat)
  })

/** Beats while a program does something, and when it starts and ends. */
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
 * Ctrl-C reaches the whole terminal's group, and so a program in the moment before it gets its own session: it ends
 * before it has begun. Later nothing but a kill of somebody's could, and that is no longer "at once".
 */
const atOnceMs = 1000
const startsAgain = 3

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
    /** By a signal that came too early for it to have done anything. */
    const neverBegan = (signal: string | undefined) =>
      signal === "SIGINT" && !timedOut && performance.now() - startedAt < atOnceMs && written() === writtenBefore
    const child = execa(tool, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...toolEnvironment(), ...options.env, [toolOf]: String(process.pid) },
      extendEnv: false,
      ...(options.input === undefined ? {} : { input: options.input }),
      stdio: [options.input === undefined ? "ignore" : "pipe", options.stdoutFd ?? "pipe", "pipe", ...fds],
      reject: false,
      detached: true,
      cleanup: false,
      maxBuffer: options.maxBytes ?? 64 * 1024 * 1024,
      stripFinalNewline: false
    } as Options)
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
    const fail = (seen: Pick<ToolFailed, "code" | "stdout" | "stderr">, notFound = false) =>
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
        const said = stderr === "" && code === null ? (result.originalMessage ?? result.shortMessage ?? "") : stderr
        fail({ code, stdout, stderr: said }, result.code === "ENOENT" && options.cwd === undefined)
      }
    })
    return Effect.promise(end)
  })
