/** What the app printed last: mostly the reason that nobody outside can see, and gone once it is taken down again. */
import * as Effect from "effect/Effect"
import type { Work } from "./Work.ts"

/** Lines (of each process where there are no containers), and characters in all, the last ones. */
const linesOf = 12
const charactersAtMost = 1200
const timeoutMs = 10_000

/**
 * @param said what is told already: a line that it has, whoever's, is not said twice.
 * @returns `; its last words: …`, without secrets (the port leaves them out), or nothing.
 */
export const lastWords = ({ app, runtime }: Work, said = ""): Effect.Effect<string> =>
  runtime.logs(app, linesOf).pipe(
    Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.succeed("") }),
    Effect.catch(() => Effect.succeed("")),
    Effect.map((text) =>
      text
        .split("\n")
        .map((line) => line.replaceAll(/\s+/g, " ").trim())
        .filter((line) => line !== "" && !said.includes(line.replace(/^\S+ \| /, "")))
        .join("; ")
    ),
    Effect.map((text) => (text.length > charactersAtMost ? `…${text.slice(-charactersAtMost)}` : text)),
    Effect.map((text) => (text === "" ? "" : `; its last words: ${text}`))
  )
