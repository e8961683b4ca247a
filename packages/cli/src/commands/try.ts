import * as Effect from "effect/Effect"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.try")(function* (input: {
  readonly app: string
  readonly ref: string
  readonly command: ReadonlyArray<string>
  readonly timeout: number
  readonly skipFetch: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const { ref, skipFetch, timeout } = input
  const [program, ...args] = input.command
  const command = program === undefined ? null : { argv: [program, ...args] as const, timeoutMs: timeout }
  yield* act(input.app, { _tag: "Try", ref, fetch: !skipFetch, command }, input.wait, input.dryRun)
})
