/** The one place that knows which JavaScript runtime this is (Node; Deno through its Node API): process, streams, signals. */
import { userInfo } from "node:os"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { OnHangup } from "./Hangups.ts"
import type { StandardError } from "./Screen.ts"

export const services = NodeServices.layer

export const args: ReadonlyArray<string> = process.argv.slice(2)

/** The name of who runs this; a user without a name has a number. */
export const user = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? "unknown")
  }
}

/** The program that runs this, and the SQLite in it. */
export const interpreter = {
  interpreter:
    process.versions["deno"] === undefined ? `Node ${process.versions.node}` : `Deno ${process.versions["deno"]}`,
  sqlite: process.versions["sqlite"] ?? "unknown"
}

/** What is written after the terminal went away is lost, and ends nothing: an app may be down. */
process.stderr.on("error", () => undefined)

export const standardError: StandardError = {
  write: (text) => void process.stderr.write(text),
  columns: () => (process.stderr.isTTY ? (process.stderr.columns ?? 80) : null)
}

/** What a command of the user's prints, as it is. What cannot be written is lost, and ends nothing. */
export const passOn = (stream: "stdout" | "stderr", chunk: Uint8Array): Promise<void> =>
  new Promise((taken) => {
    process[stream].write(chunk, () => taken())
  })

export const canColor: boolean =
  process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

export interface Signals {
  /** What to say when the program does not end at once. */
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

/** A terminal, npm and a service manager may each pass the same Ctrl-C on: what comes within this time is one. */
const oneSignalMs = 250

/**
 * Runs the program and ends the process with its exit code. The first SIGINT or SIGTERM interrupts it, which waits for
 * what must not be left half done; a second one ends the process at once. SIGHUP (a lost connection) never does that, and
 * is no reason to leave for a command that takes it (`Hangups.ts`).
 */
export const runMain = (program: Effect.Effect<number>, signals: Signals): void => {
  // A program that waits for nothing that Node knows of would otherwise end here, unfinished, with code 0.
  setInterval(() => undefined, 2 ** 31 - 1)
  const fiber = Effect.runFork(program)
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
  // Nobody reads any more (`lastgood log --follow | head`): as safe to leave on as a first signal.
  process.stdout.on("error", () => {
    if (state === "running") leave()
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (signal === "SIGHUP" && hear !== null) hear()
      else if (state === "running") leave()
      else if (state === "insisting" && signal !== "SIGHUP") process.exit(signals.interrupted)
    })
  }
  fiber.addObserver((exit) => {
    const code = Exit.isSuccess(exit) ? exit.value : signals.interrupted
    // To a pipe whose reader is slow, what was printed is still on its way, and would be lost with the process.
    process.stdout.write("", () => process.exit(code))
  })
}
