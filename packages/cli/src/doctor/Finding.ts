/** One finding of the doctor: what was checked, what was seen, and the remedy. */
import * as Effect from "effect/Effect"
import { endOfError, type Tagged } from "../failure.ts"
import { instants, oneLine, readable } from "../render/format.ts"

export interface Finding {
  readonly level: "ok" | "warn" | "fail"
  /** null: the finding is about the host. */
  readonly app: string | null
  readonly what: string
  readonly seen: string
  /** Empty if there is nothing to do. */
  readonly next: string
  /** Foreign text that belongs to the finding, such as release notes, on several lines. */
  readonly text?: string
}

type About = Pick<Finding, "app" | "what">

export const ok = (about: About, seen: string): Finding => ({ ...about, level: "ok", seen, next: "" })
export const warn = (about: About, seen: string, next: string): Finding => ({ ...about, level: "warn", seen, next })
export const fail = (about: About, seen: string, next: string): Finding => ({ ...about, level: "fail", seen, next })

export const isSound = (findings: ReadonlyArray<Finding>): boolean => findings.every(({ level }) => level !== "fail")

/** Turns a failed check into a finding. */
export const orFail =
  (about: About) =>
  <E extends Tagged, R>(
    look: Effect.Effect<ReadonlyArray<Finding>, E, R>
  ): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
    look.pipe(
      Effect.catch((error) => {
        const { message, next } = endOfError(error).failure
        return Effect.succeed([fail(about, message, next)])
      })
    )

export const lineOf = ({ app, level, next, seen, text = "", what }: Finding): string =>
  [
    `${level.toUpperCase().padEnd(4)}  ${app === null ? "" : `${app}: `}${oneLine(what)}: ${readable(oneLine(instants(seen)))}`,
    ...(next === "" ? [] : [`      next: ${oneLine(instants(next))}`]),
    ...(text === "" ? [] : [text.replaceAll(/^/gm, "    ")])
  ].join("\n")
