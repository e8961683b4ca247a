/** Waits for the containers of an earlier deployment: databases do not survive a second writer. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RuntimeError } from "../Runtime.ts"
import { type Container, nameOf } from "./containers.ts"
import type { Docker } from "./Docker.ts"

export interface EndedWait {
  /** Epoch milliseconds. */
  readonly deadline: number
  readonly pollMs: number
}

/**
 * Repeats until no container remains, and fails at the deadline with the names of those that do.
 *
 * @param round may end or remove containers. Yields those that remain.
 */
export const untilEnded = Effect.fnUntraced(function* (
  docker: Pick<Docker, "failed" | "redact">,
  round: Effect.Effect<ReadonlyArray<Container>, RuntimeError>,
  { deadline, pollMs }: EndedWait
) {
  const left = yield* Effect.repeat(round, {
    until: (found) => Effect.map(Clock.currentTimeMillis, (now) => found.length === 0 || now >= deadline),
    schedule: Schedule.spaced(pollMs)
  })
  if (left.length === 0) return
  const names = left.map(nameOf)
  const remedy = left.some(({ State }) => State.Running) ? "docker kill" : "docker container rm --force"
  return yield* docker.failed(
    docker.redact(`containers of the previous deployment do not end: ${names.join(", ")}`),
    `${remedy} ${names.join(" ")}, then try again`
  )
})
