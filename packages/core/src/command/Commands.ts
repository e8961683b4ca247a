/**
 * Port: a command of the operator's, run on the host beside an app (`lastgood try <app> <ref> -- <command>`).
 *
 * Contract, checked by `test/conformance/Commands.test.ts`:
 * - `run` starts a program with an argument list; no shell sees it. It has the environment of lastgood with `env` over it,
 *   no standard input, and a session of its own: Ctrl-C in the terminal is lastgood's to answer.
 * - What it prints goes to `CommandOutput` as it comes, byte for byte.
 * - Nothing that it started outlives it: when it ends, when `timeoutMs` is over, and when the effect is interrupted, what is
 *   left of it is ended (SIGTERM, SIGKILL 5 s later), also what left its process group. Only then `run` returns.
 * - `end` does the same for a command whose lastgood is gone.
 * - LAW-7: it holds no claim. A command that outlives a killed lastgood keeps nobody from going back.
 * - LAW-12: `output` holds no value of the env files, of lastgood's own environment or of the arguments that is confidential.
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
  /** What the command and all that it starts are known by. */
  readonly attempt: string
  /** Env files whose values nothing may repeat. */
  readonly envFiles: ReadonlyArray<string | null>
}

export interface CommandEnd {
  /** null: a signal ended it, or it could not be started. */
  readonly code: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  /** The end of what it printed; why it could not be started, where it was not. */
  readonly output: string
}

/** There is no such program, found before anything is touched. */
export class CommandMissing extends Schema.TaggedError<CommandMissing>()("CommandMissing", {
  program: Schema.String
}) {
  override get message() {
    return `there is no program ${this.program} that can be run`
  }
  get next(): string {
    return "name one that is on your PATH, or its whole path; for a line of shell: -- sh -c '…'"
  }
}

/** Where the user sees what a command prints. Resolves when it was taken: a slow reader slows the command, not memory. */
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
