/** Placeholders for variables without a value, so that docker compose goes on and names all of them. */
import * as Effect from "effect/Effect"
import type { ComposeOutput } from "./plugin.ts"
import type { ProjectFiles } from "./projectFiles.ts"

type Values = Readonly<Record<string, string>>

export interface Placed {
  /** The last answer. Its code is not 0 if something else is wrong with the project. */
  readonly answer: ComposeOutput
  /** The placeholders with which compose gave it. */
  readonly env: Values
  /** Variables that the compose files require (`${NAME:?}`). */
  readonly required: ReadonlyArray<string>
  /** Variables that compose missed beside them. A name may come from a `$` in a value, which may be secret (LAW-12). */
  readonly unset: ReadonlyArray<string>
}

/** More missing values than any project has. */
const mostAttempts = 100

/** Values for what must be a path, and for what may be a number or a name. The first that compose accepts is taken. */
const choices = [
  { path: "./unset", other: "1" },
  { path: "./unset", other: "./unset" },
  { path: "1", other: "1" }
] as const

const requiredIn = (complaint: string): string | null =>
  /required variable (\w+) is missing a value/.exec(complaint)?.[1] ?? null

/**
 * @param ask for the model, with the placeholders as further variables.
 * @param of `known`: variables that have a value beside those of the env file.
 */
export const withPlaceholders = Effect.fnUntraced(function* <E>(
  ask: (env: Values) => Effect.Effect<ComposeOutput, E>,
  of: { readonly known: ReadonlySet<string>; readonly named: Pick<ProjectFiles, "pathVariables" | "unset"> }
) {
  const required = of.named.unset.filter((name) => !of.known.has(name))
  const refused = new Set<string>()
  const unset = new Set<string>()
  let choice = 0
  const envNow = (): Values => {
    const { other, path } = choices[Math.max(0, choice - 1)] ?? choices[0]
    // An empty value is often fine: only if compose does not take it, a placeholder is tried.
    const names = [...required, ...refused, ...(choice === 0 ? [] : unset)]
    return Object.fromEntries(names.map((name) => [name, of.named.pathVariables.has(name) ? path : other]))
  }
  let env = envNow()
  let answer = yield* ask(env)
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    for (const name of answer.unset) unset.add(name)
    if (answer.code === 0) break
    const name = requiredIn(answer.complaint)
    if (name !== null && !Object.hasOwn(env, name)) refused.add(name)
    else if (unset.size + refused.size + required.length > 0 && choice < choices.length) choice += 1
    else break
    env = envNow()
    answer = yield* ask(env)
  }
  const missed = [...new Set([...refused, ...unset])].filter((name) => !required.includes(name))
  const placed: Placed = { answer, env, required, unset: missed }
  return placed
})
