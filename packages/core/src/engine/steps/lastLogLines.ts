/** The app's last log lines, which usually contain the cause of a failure and are lost once the app is taken down. */
import * as Effect from "effect/Effect"
import type { Work } from "./Work.ts"

/** Limits: log lines per service, characters per line, characters in all, error lines. */
const linesOf = 12
const charactersOfLine = 300
const charactersAtMost = 1200
const errorsAtMost = 4
const timeoutMs = 10_000

/** Stands in a recorded reason between the failure and the log lines, so it stays as it is. */
export const beforeLogLines = "; last log lines: "

const looksLikeError =
  /error|fatal|exception|panic|traceback|refused|denied|cannot|can't|could not|unable|failed|not found|no such|missing|invalid/i

/** Lines are `service | text`. */
const serviceOf = (line: string): string => /^(\S+) \| /.exec(line)?.[1] ?? ""

/** Equal lines as one, where the last of them was. An app that restarts says the same each time. */
export const folded = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const same = Map.groupBy(lines, (line) => line)
  const last = lines.filter((line, at) => lines.lastIndexOf(line) === at)
  return last.map((line) => {
    const times = same.get(line)?.length ?? 1
    return times === 1 ? line : `${line} (${times} times)`
  })
}

/**
 * Orders log lines by cause: the error lines of failing services, newest last, then their other lines, then the lines of
 * the others. Only the end is ever cut.
 *
 * @param failing names of the failing services; empty: unknown.
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
 * @param said the reason so far. Lines that it contains are not repeated.
 * @returns `; last log lines: …` without secrets (the port redacts them), or an empty text.
 */
export const lastLogLines = Effect.fnUntraced(function* ({ app, runtime }: Work, said = "") {
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
  const text = causeFirst(folded(lines), names).join("; ")
  return `${beforeLogLines}${text.length > charactersAtMost ? `${text.slice(0, charactersAtMost)} …` : text}`
})
