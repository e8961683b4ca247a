/** The only file that depends on the JavaScript runtime (Node; Deno through its Node API): process, streams, signals. */
import { fstatSync } from "node:fs"
import { userInfo } from "node:os"
import { createInterface } from "node:readline"
import { isatty } from "node:tty"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Ask } from "./confirm.ts"
import type { OnHangup } from "./Hangups.ts"
import type { StandardOutput } from "./log/StandardOutput.ts"
import type { StandardError } from "./Screen.ts"

export const services = NodeServices.layer

export const args: ReadonlyArray<string> = process.argv.slice(2)

/** The name of the user who runs this, or the uid of a user without a name. */
export const user = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? "unknown")
  }
}

/** The interpreter and its SQLite. */
export const interpreter = {
  interpreter:
    process.versions["deno"] === undefined ? `Node ${process.versions.node}` : `Deno ${process.versions["deno"]}`,
  sqlite: process.versions["sqlite"] ?? "unknown"
}

/** A write after the terminal has closed is lost, but does not end the process: an app may be down. */
process.stderr.on("error", () => undefined)

export const standardError: StandardError = {
  write: (text) => void process.stderr.write(text),
  columns: () => (process.stderr.isTTY ? (process.stderr.columns ?? 80) : null)
}

/** The terminal stays in line mode, so that Ctrl-C is a signal as always. */
const askOnTerminal: Ask = (question) =>
  Effect.callback((resume) => {
    const lines = createInterface({ input: process.stdin, terminal: false })
    lines.once("line", (line) => resume(Effect.succeed(line)))
    lines.once("close", () => resume(Effect.succeed(null)))
    standardError.write(question)
    return Effect.sync(() => lines.close())
  })

/** Null unless a person can read the question and type an answer. */
export const ask: Ask | null = isatty(0) && isatty(2) ? askOnTerminal : null

/** systemd names the pipe of its journal, so that what was redirected is not mistaken for it. */
const isJournal = (fd: number): boolean => {
  try {
    const { dev, ino } = fstatSync(fd)
    return process.env["JOURNAL_STREAM"] === `${dev}:${ino}`
  } catch {
    return false
  }
}

/** A terminal and `/dev/null` are devices. A closed descriptor has no reader. */
const isDevice = (fd: number): boolean => {
  try {
    return fstatSync(fd).isCharacterDevice()
  } catch {
    return true
  }
}

/** The daemon goes on without a reader of its log. */
let isLog = false

export const standardOutput: StandardOutput = {
  write: (text) => {
    isLog = true
    process.stdout.write(text)
  },
  reader: isJournal(2) ? "journal" : isDevice(1) ? "person" : "program"
}

/** Passes the output of the operator's command on, unchanged. A failed write is lost, but does not end the process. */
export const passOn = (stream: "stdout" | "stderr", chunk: Uint8Array): Promise<void> =>
  new Promise((taken) => {
    process[stream].write(chunk, () => taken())
  })

/** Of the terminal that reads standard output; null: it is not a terminal. */
export const columns: number | null = process.stdout.isTTY === true ? process.stdout.columns || 80 : null

export interface Signals {
  /** The message if the program does not end at once. */
  readonly onFirst: () => string | null
  readonly interrupted: number
}

let hear: (() => void) | null = null

export const onHangup: OnHangup = (listener) => {
  hear = listener
  return () => {
    hear = null
  }
}

let endedBy: NodeJS.Signals | null = null

/** The signal that asked this process to end; null: none has. */
export const signalled = (): NodeJS.Signals | null => endedBy

/** A terminal, npm and a service manager may each pass on the same Ctrl-C, so signals within this time count as one. */
const oneSignalMs = 250

/**
 * Runs the program and ends the process with its exit code. The first SIGINT or SIGTERM interrupts it, which waits for work
 * that must not be left half done; a second one ends the process at once. SIGHUP (a lost connection) never ends it at once,
 * and does not interrupt a command that handles it (`Hangups.ts`).
 */
export const runMain = (program: Effect.Effect<number>, signals: Signals): void => {
  // Without this, Node would exit with code 0 while the program waits for nothing that Node knows.
  setInterval(() => undefined, 2 ** 31 - 1)
  let state: "running" | "leaving" | "insisting" = "running"

  const leave = () => {
    state = "leaving"
    fiber.interruptUnsafe(fiber.id)
    setTimeout(() => {
      state = "insisting"
      const text = signals.onFirst()
      if (text !== null) standardError.write(`${text}\n`)
    }, oneSignalMs).unref()
  }
  // The reader has gone (`lastgood log --follow | head`): end as after a first signal.
  process.stdout.on("error", () => {
    if (state === "running" && !isLog) leave()
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (signal === "SIGHUP" && hear !== null) hear()
      else if (state === "running") {
        endedBy = signal
        leave()
      } else if (state === "insisting" && signal !== "SIGHUP") process.exit(signals.interrupted)
    })
  }
  // Begins only now: what a program prints at once may be answered with a signal at once.
  const fiber = Effect.runFork(program)
  fiber.addObserver((exit) => {
    const code = Exit.isSuccess(exit) ? exit.value : signals.interrupted
    // Output to a slow pipe may still be buffered, and would be lost with the process.
    process.stdout.write("", () => process.exit(code))
  })
}
