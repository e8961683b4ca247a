/** Takes an app down and waits until nothing, of the app or of others, can write to its volumes (LAW-1). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { App } from "../../domain/App.ts"
import { NotQuiet, type RuntimeError } from "../Runtime.ts"
import type { Docker } from "./Docker.ts"

const pollMs = 500

/** @typeParam Left what remains of the app, or could still write to its volumes. */
export interface UndeployParts<Left> {
  readonly leftovers: (docker: Docker, app: App) => Effect.Effect<Left, RuntimeError>
  /** Each remaining thing, for people. Empty: the app is quiet. */
  readonly describeLeft: (left: Left) => ReadonlyArray<string>
  /** What an undeploy takes down, for people. */
  readonly namesOf: (left: Left) => ReadonlyArray<string>
  /**
   * Takes the app down with a tool other than docker. Whatever its result, `push` does the rest. null: there is no such
   * tool.
   *
   * @returns the tool's complaint; null: none.
   */
  readonly takeDown: ((docker: Docker, app: App, left: Left, deadlineMs: number) => Effect.Effect<string | null>) | null
  /**
   * One round of taking the app down. Each command may fail because the engine is still busy (a network in use) or
   * already done (a removed container): the next read decides, not the result.
   */
  readonly push: (docker: Docker, app: App, left: Left, leftMs: number) => Effect.Effect<void, RuntimeError>
}

export const undeploy = Effect.fn("Docker.undeploy")(function* <Left>(
  parts: UndeployParts<Left>,
  docker: Docker,
  app: App,
  deadlineMs: number
) {
  const { describeLeft, leftovers, namesOf, push, takeDown } = parts
  const start = yield* Clock.currentTimeMillis
  let found = yield* leftovers(docker, app)
  const removed = namesOf(found)
  // Half of the time: a tool that hangs or fails must not prevent a rollback.
  const complaint =
    takeDown === null || removed.length === 0 ? null : yield* takeDown(docker, app, found, Math.ceil(deadlineMs / 2))
  if (complaint !== null) yield* Effect.logWarning(`docker takes it down instead: ${complaint}`)
  if (takeDown !== null) found = yield* leftovers(docker, app)
  const waited = Effect.map(Clock.currentTimeMillis, (now) => now - start)
  const pushed = Effect.gen(function* () {
    yield* push(docker, app, found, Math.max(0, deadlineMs - (yield* waited)))
    found = yield* leftovers(docker, app)
    return { left: describeLeft(found), waitedMs: yield* waited }
  })
  if (describeLeft(found).length > 0) {
    const { left, waitedMs } = yield* Effect.repeat(pushed, {
      until: ({ left, waitedMs }) => left.length === 0 || waitedMs >= deadlineMs,
      schedule: Schedule.spaced(pollMs)
    })
    const said = complaint === null ? [] : [complaint]
    if (left.length > 0) return yield* new NotQuiet({ app: app.name, left: [...left, ...said], waitedMs })
  }
  return { removed, quietAfterMs: yield* waited }
})
