/** Environment variables, read through the config provider so that tests can set their own. */
import * as Variable from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The user's home; root's, if HOME is not set. */
export const homeFolder: Effect.Effect<string> = Effect.suspend(() =>
  Effect.map(variable("HOME"), (home) => home ?? "/root")
)

/** The value of a variable; null: not set, or empty. */
export const variable = (name: string): Effect.Effect<string | null> =>
  Effect.gen(function* () {
    const text = yield* Variable.option(Variable.String(name))
    return Option.getOrNull(Option.filter(text, (value) => value !== ""))
  }).pipe(Effect.orElseSucceed(() => null))
