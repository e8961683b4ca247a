/**
 * One-shot faults for the tests: lastgood dies, fails or hangs at a step. They are inactive unless the edge of the program
 * provides them, and the CLI does so only when `LASTGOOD_TEST_FAULTS=1` is set.
 *
 * `LASTGOOD_FAULT=<forward|back>/<step>:<before|after>:<kill|error|hang>`, for example `forward/deploy:after:kill`:
 * `after` is after the act and before its evidence is recorded. Several, separated by commas, each fire once. Moments that
 * only record (the steps `commit`, `return` and `conclude`; `end`, the end of an attempt; `failed`, the decision after a
 * failure) take `kill` alone, before or after the record.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export type Moment = "before" | "after"

export interface Faults {
  /** Returns whether the step has to report a failure. May never return. */
  readonly at: (direction: "forward" | "back", step: string, moment: Moment) => Effect.Effect<boolean>
}

export const Faults = Context.Reference<Faults>("lastgood/engine/Faults", {
  defaultValue: () => ({ at: () => Effect.succeed(false) })
})

const acts = /^(forward|back)\/([a-z]+):(before|after):(kill|error|hang)$/
const records = /^(?:forward|back)\/(?:commit|return|conclude|end|failed):(?:before|after):(?:error|hang)$/

const parse = (wanted: string) => {
  const [, direction, step, moment, kind] = acts.exec(wanted) ?? []
  return kind === undefined || records.test(wanted) ? null : { direction, step, moment, kind }
}

/** The faults that the environment asks for. Each fires once per process. */
export const faultsFromEnv = Effect.gen(function* () {
  const enabled = yield* Config.String("LASTGOOD_TEST_FAULTS").pipe(Config.option)
  const wanted = yield* Config.String("LASTGOOD_FAULT").pipe(Config.option)
  if (Option.getOrNull(enabled) !== "1" || Option.isNone(wanted)) return null
  const pending = wanted.value.split(",").map(parse)
  if (pending.includes(null)) {
    return yield* Effect.die(new Error(`LASTGOOD_FAULT=${wanted.value} is not of the form ${acts.source}`))
  }
  const faults: Faults = {
    at: (direction, step, moment) => {
      const found = pending.findIndex((f) => f?.direction === direction && f.step === step && f.moment === moment)
      const kind = pending[found]?.kind
      if (kind === undefined) return Effect.succeed(false)
      pending[found] = null
      if (kind === "kill")
        return Effect.sync(() => process.kill(process.pid, "SIGKILL")).pipe(Effect.andThen(Effect.never))
      return kind === "hang" ? Effect.never : Effect.succeed(true)
    }
  }
  return faults
})
