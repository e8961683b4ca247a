/** What the app printed last: mostly the reason that nobody outside can see, and gone once it is taken down again. */
import * as Effect from "effect/Effect"
import type { Work } from "./Work.ts"

/** Lines (of each process where there are no containers), and characters of one and in all. */
const linesOf = 12
const charactersOfLine = 300
const charactersAtMost = 1200
const errorsAtMost = 4
const timeoutMs = 10_000

const looksLikeError =
  /error|fatal|exception|panic|traceback|refused|denied|cannot|can't|could not|unable|failed|not found|no such|missing|invalid/i

/** Lines are `service | text`. */
const serviceOf = (line: string): string => /^(\S+) \| /.exec(line)?.[1] ?? ""

/**
 * The cause before the rest: the error lines of what failed, newest last, then what else it printed, then the others. Only
 * the end is ever cut.
 *
 * @param failing names of services that are not well; none: it cannot be told.
 */
export const causeFirst = (lines: ReadonlyArray<string>, failing: ReadonlyArray<string>): ReadonlyArray<string> => {
  const isOwn = (line: string) => failing.length === 0 || failing.includes(serviceOf(line))
  const own = lines.filter(isOwn)
  const errors = own.filter((line) => looksLikeError.test(line)).slice(-errorsAtMost)
  return [...errors, ...own.filter((line) => !errors.includes(line)), ...lines.filter((line) => !isOwn(line))]
}

const orNothing = <A, E, R>(look: Effect.Effect<A, E, R>, nothing: A): Effect.Effect<A, never, R> =>
  look.pipe(
    Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.succeed(nothing) }),
    Effect.orElseSucceed(() => nothing)
  )

/**
 * @param said what is told already: a line that it has, whoever's, is not said twice.
 * @returns `; last log lines: …`, without secrets (the port leaves them out), or nothing.
 */
export const lastWords = Effect.fnUntraced(function* ({ app, runtime }: Work, said = "") {
  const lines = (yield* orNothing(runtime.logs(app, linesOf), ""))
    .split("\n")
    .map((line) => line.replaceAll(/\s+/g, " ").trim().slice(0, charactersOfLine))
    .filter((line) => line !== "" && !said.includes(line.replace(/^\S+ \| /, "")))
  if (lines.length === 0) return ""
  const inspected = yield* orNothing(
    Effect.map(runtime.inspect(app), ({ services }) => services),
    []
  )
  const failing = inspected.filter((s) => !s.ok || s.dead === true || s.restarts > 0 || s.health === "unhealthy")
  const names = failing.map(({ name }) => name)
  const text = causeFirst(lines, names).join("; ")
  return `; last log lines: ${text.length > charactersAtMost ? `${text.slice(0, charactersAtMost)} …` : text}`
})
