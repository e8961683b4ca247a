/** Variables of the environment, through the config provider so that tests can give their own. */
import * as Variable from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The user's home: root's, where nobody says. */
export const homeFolder: Effect.Effect<string> = Effect.suspend(() =>
  Effect.map(variable("HOME"), (home) => home ?? "/root")
)

/** A variable's text; null: not set, or set to nothing. */
export const variable = (name: string): Effect.Effect<string | null> =>
  Effect.gen(function* () {
    const text = yield* Variable.option(Variable.String(name))
    return Option.getOrNull(Option.filter(text, (value) => value !== ""))
  }).pipe(Effect.orElseSucceed(() => null))
