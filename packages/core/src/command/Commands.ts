/**
 * Port: a command that the operator runs on the host beside an app (`lastgood try <app> <ref> -- <command>`).
 *
 * Contract, checked by `test/conformance/Commands.test.ts`:
 * - `run` starts a program with an argument list, without a shell. The program gets the environment of lastgood with
 *   `env` over it, no standard input, and its own session, so Ctrl-C in the terminal reaches only lastgood.
 * - Its output goes to `CommandOutput` as it comes, byte for byte.
 * - No process that it started outlives it. When the command ends, when `timeoutMs` is over, or when the effect is
 *   interrupted, `run` ends every remaining process (SIGTERM, SIGKILL 5 s later), including those that left its process
 *   group. Only then does `run` return.
 * - `end` does the same for a command whose lastgood has ended.
 * - LAW-7: the command holds no claim. A command that outlives a killed lastgood does not prevent a rollback.
 * - LAW-12: `output` contains no confidential value from the env files, lastgood's environment or the arguments.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { EffectiveApp } from "../domain/App.ts"

export type Argv = readonly [program: string, ...args: ReadonlyArray<string>]

export interface CommandRequest {
  readonly argv: Argv
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Identifies the command and every process that it starts. */
  readonly attempt: string
  /** Env files whose values `output` must not contain. */
  readonly envFiles: ReadonlyArray<string | null>
}

export interface CommandEnd {
  /** null: a signal ended it, or it could not be started. */
  readonly code: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  /** The last part of its output, or the reason why it could not be started. */
  readonly output: string
}

/** The program does not exist. Found before lastgood touches anything. */
export class CommandMissing extends Schema.TaggedError<CommandMissing>()("CommandMissing", {
  program: Schema.String
}) {
  override get message() {
    return `there is no executable program ${this.program}`
  }
  get next(): string {
    return "use a program on your PATH or an absolute path; for a line of shell: -- sh -c '…'"
  }
}

/**
 * Where the output of a command goes. The promise resolves when the chunk was consumed: a slow reader slows the command
 * down instead of using memory.
 */
export type CommandOutput = (stream: "stdout" | "stderr", chunk: Uint8Array) => Promise<void>

export const CommandOutput = Context.Reference<CommandOutput>("lastgood/command/CommandOutput", {
  defaultValue: () => async () => undefined
})

export class Commands extends Context.Service<
  Commands,
  {
    readonly find: (program: string) => Effect.Effect<void, CommandMissing>
    readonly run: (app: EffectiveApp, request: CommandRequest) => Effect.Effect<CommandEnd>
    readonly end: (attempt: string) => Effect.Effect<void>
  }
>()("lastgood/command/Commands") {}
