/** LAW-1 for processes: nothing of the app is alive, and nobody at all holds anything in its volumes open. */
import { realpathSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { NotQuiet } from "../Runtime.ts"
import { members } from "./Members.ts"
import { allProcesses, commandOf, heldPath } from "./Proc.ts"
import { volumeFolder } from "./Volumes.ts"

const pollMs = 50

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** One line for each thing that could still write. */
export const stillThere = Effect.fn("local.stillThere")(function* (app: App) {
  const alive = yield* members(app)
  const folders = app.volumes.map((name) => real(volumeFolder(app, name)))
  const holders = allProcesses()
    .filter((p) => p.pid !== process.pid && !alive.some((m) => m.pid === p.pid))
    .flatMap((p) => {
      const path = heldPath(p.pid, folders)
      return path === null ? [] : [`pid ${p.pid} (${commandOf(p.pid)}) has ${path} open`]
    })
  return [...alive.map((p) => `pid ${p.pid} (${commandOf(p.pid)}) of ${app.name}`), ...holders]
})

export const assertQuiet = Effect.fn("local.assertQuiet")(function* (app: App) {
  const left = yield* stillThere(app)
  if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
})

const signal = (group: number, name: "SIGTERM" | "SIGKILL"): Effect.Effect<void> =>
  Effect.sync(() => {
    try {
      process.kill(-group, name)
    } catch {
      // It ended by itself meanwhile.
    }
  })

const signalAll = Effect.fnUntraced(function* (app: App, name: "SIGTERM" | "SIGKILL") {
  const groups = new Set((yield* members(app)).map((p) => p.group))
  yield* Effect.forEach(groups, (group) => signal(group, name), { discard: true })
  return groups.size
})

/**
 * SIGTERM to every process group of the app, SIGKILL to what is left after a grace, then waits for quiet.
 *
 * @param deadlineMs milliseconds for all of it.
 */
export const stop = Effect.fn("local.stop")(function* (app: App, deadlineMs: number) {
  const start = yield* Clock.currentTimeMillis
  const graceMs = Math.min(10_000, deadlineMs / 2)
  const removed = (yield* members(app)).map((p) => `${commandOf(p.pid)} (pid ${p.pid})`)
  yield* signalAll(app, "SIGTERM")
  while (true) {
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    const left = yield* stillThere(app)
    if (left.length === 0) return { removed, quietAfterMs: waitedMs }
    if (waitedMs >= deadlineMs) return yield* new NotQuiet({ app: app.name, left, waitedMs })
    if (waitedMs >= graceMs) yield* signalAll(app, "SIGKILL")
    yield* Effect.sleep(pollMs)
  }
})
