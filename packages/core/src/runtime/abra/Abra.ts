/**
 * The command `abra`, with the errors of the Runtime port. docs/abra.md lists the assumptions about it, with sources.
 * `installed.ts` checks those that the installed abra can answer.
 */
import { stripVTControlCharacters } from "node:util"
import * as Effect from "effect/Effect"
import { run, type ToolFailed, type ToolResult } from "../../process/Tool.ts"
import { redact, redactShapes } from "../../secrets/Redact.ts"
import { clientEnv } from "../docker/clientEnv.ts"
import type { Call } from "../docker/Docker.ts"
import { type RuntimeError, RuntimeFailed, RuntimeUnavailable } from "../Runtime.ts"

export interface AbraOptions {
  /** The `ABRA_DIR` of this call. null: the command needs none. */
  readonly dir: string | null
  readonly timeoutMs: number
}

const answerAtMost = 16 * 1024 * 1024

/** Runs abra with the part of lastgood's environment that the docker client may see, and nothing more. */
export const abra = Effect.fn("Abra.run")(function* (call: Call, args: ReadonlyArray<string>, options: AbraOptions) {
  const dir: Readonly<Record<string, string>> = options.dir === null ? {} : { ABRA_DIR: options.dir }
  const result = yield* run("abra", args, {
    env: { ...(yield* clientEnv), ...dir, NO_COLOR: "1" },
    timeoutMs: options.timeoutMs,
    maxBytes: answerAtMost
  }).pipe(Effect.mapError((error) => failed(call, args, error)))
  // Whatever its exit code: a wrapper script may lose it.
  const fatal = fatalIn(result)
  if (fatal !== null) return yield* complaint(call, args, fatal)
  return result
})

/** abra reports errors on stdout (`FATA`), other programs on stderr. */
const fatalIn = ({ stdout, stderr }: Pick<ToolResult, "stdout" | "stderr">): string | null => {
  const lines = linesOf(`${stdout}\n${stderr}`)
  const first = lines.findIndex((line) => /^\s*(?:\S+\s+){0,2}FATA\b/.test(line))
  return first === -1 ? null : lines.slice(first).join("\n")
}

const linesOf = (text: string): ReadonlyArray<string> =>
  stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")

const failed = (call: Call, args: ReadonlyArray<string>, error: ToolFailed): RuntimeError => {
  if (error.notFound) {
    return new RuntimeUnavailable({
      runtime: "abra",
      reason: "abra is not installed, or not on the PATH that lastgood runs with",
      next: "install it (https://docs.coopcloud.tech/abra/install), or set runtime: swarm for the app"
    })
  }
  const said = fatalIn(error) ?? linesOf(`${error.stdout}\n${error.stderr}`).slice(-5).join("\n")
  const words = error.timedOut ? `it did not end in time${said === "" ? "" : `; its output: ${said}`}` : said
  return complaint(call, args, words === "" ? `it ended with code ${error.code} and without output` : words)
}

const complaint = (call: Call, args: ReadonlyArray<string>, said: string): RuntimeFailed =>
  new RuntimeFailed({
    app: call.app,
    operation: call.operation,
    reason: `abra ${args.slice(0, 2).join(" ")}: ${firstLines(redact(redactShapes(said.slice(0, 16 * 1024)), call.secrets))}`,
    next: "fix the error, and make sure that the app deploys manually: abra app deploy"
  })

const firstLines = (text: string): string => text.trim().split("\n").slice(0, 8).join("; ").slice(0, 1000)
