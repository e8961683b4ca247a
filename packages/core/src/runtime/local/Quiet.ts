/** LAW-1 for processes: no process of the app lives, and no other has a file in its volumes open. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { App } from "../../domain/App.ts"
import { type FolderUser, folderUsers, type UserFilter } from "../../host/FolderUsers.ts"
import { commandOf, identityOf } from "../../host/Proc.ts"
import { NotQuiet } from "../Runtime.ts"
import { readHost } from "../readHost.ts"
import { isInside, killContained, populated, removeGroups } from "./Containment.ts"
import { ancestors, type Member, members } from "./Members.ts"
import { volumeFolder } from "./Volumes.ts"

const pollMs = 50
/** Slower than other waits, since reading every process of the host costs more. */
const pollForOthersMs = 200
const longestGraceMs = 10_000

const described = (app: App, alive: ReadonlyArray<Member>): ReadonlyArray<string> =>
  alive.map(({ pid }) => `pid ${pid} (${commandOf(pid)}) of ${app.name}`)

const usersOf = (app: App, whom: UserFilter = "anyone") =>
  readHost("local", () =>
    folderUsers(
      app.volumes.map((name) => volumeFolder(app, name)),
      whom
    )
  )

/** Foreign users only: users that belong to the app are named as its processes already. */
const foreignAmong = (users: ReadonlyArray<FolderUser>, alive: ReadonlyArray<Member>): ReadonlyArray<FolderUser> => {
  const own = new Set(alive.map(({ pid }) => pid))
  return users.filter(({ pid }) => pid === null || !own.has(pid))
}

const othersWith = (app: App, alive: ReadonlyArray<Member>) =>
  Effect.map(usersOf(app), (users) => foreignAmong(users, alive))

/** The current users of the app's volumes that do not belong to the app. */
export const othersOn = Effect.fnUntraced(function* (app: App, whom: UserFilter = "anyone") {
  const users = yield* usersOf(app, whom)
  // Most volumes have no users, and then it does not matter which processes are the app's.
  return users.length === 0 ? users : foreignAmong(users, yield* members(app))
})

/** The processes that were seen. An unseen process in a control group of the app is named by the group. */
const namesOf = (
  app: App,
  alive: ReadonlyArray<Member>,
  others: ReadonlyArray<FolderUser>,
  groups: ReadonlyArray<string>
): ReadonlyArray<string> => [
  ...described(app, alive),
  ...(alive.length === 0 ? groups.map((group) => `a process of ${app.name} in ${group}`) : []),
  ...others.map(({ what }) => what)
]

const populatedGroups = (app: App) => readHost("local", () => populated(app))

const stillThere = Effect.fnUntraced(function* (app: App) {
  const alive = yield* members(app)
  const others = yield* othersWith(app, alive)
  // Last, since no process can enter a group that is empty.
  return namesOf(app, alive, others, yield* populatedGroups(app))
})

export const assertQuiet = Effect.fn("Local.assertQuiet")(function* (app: App) {
  const left = yield* stillThere(app)
  if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs: 0 })
})

const kill = (pid: number, name: "SIGTERM" | "SIGCONT" | "SIGKILL"): Effect.Effect<void> =>
  // It may have ended in the meantime.
  Effect.ignore(Effect.try({ try: () => process.kill(pid, name), catch: (cause) => cause }))

/** A whole process group at once if it is the app's own, so that processes forked at this moment are included. */
const signalAll = (alive: ReadonlyArray<Member>, name: "SIGTERM" | "SIGKILL"): Effect.Effect<void> => {
  const targets = new Set(alive.map(({ pid, group, ownGroup }) => (ownGroup ? -group : pid)))
  return Effect.forEach(targets, (target) => kill(target, name), { discard: true })
}

/**
 * The processes that no other process of the app ends: while a process lives, it is responsible for those that it
 * started in another session.
 */
const unattended = (alive: ReadonlyArray<Member>): ReadonlyArray<Member> => {
  const pids = new Set(alive.map(({ pid }) => pid))
  return alive.filter(({ ownGroup, parent }) => ownGroup || !pids.has(parent))
}

/**
 * Sends SIGCONT, since a stopped process receives its SIGTERM only when it continues. Repeated in each round, because
 * /proc shows a stop a moment later.
 */
const wake = (asked: ReadonlyArray<Member>): Effect.Effect<void> =>
  Effect.forEach(
    asked.filter(({ stopped }) => stopped),
    ({ pid }) => kill(pid, "SIGCONT"),
    { discard: true }
  )

/** Refuses to end processes that lastgood itself runs in, which would end lastgood halfway. */
const assertOutside = (app: App, alive: ReadonlyArray<Member>): Effect.Effect<void, NotQuiet> => {
  const above = ancestors()
  const started = described(
    app,
    alive.filter(({ pid }) => above.has(pid))
  ).map((what) => `${what}, which started this lastgood`)
  const left =
    started.length === 0 && isInside(app) ? [`pid ${process.pid} (this lastgood), which ${app.name} started`] : started
  return left.length === 0 ? Effect.void : Effect.fail(new NotQuiet({ app: app.name, left, waitedMs: 0 }))
}

/**
 * Sends SIGTERM once to every process of the app, and SIGKILL to the remaining ones after a grace period. Processes
 * that start while others end (a last backup) are left alone until then.
 *
 * @param deadlineMs milliseconds in total.
 * @returns the ended processes.
 */
export const endProcesses = Effect.fn("Local.endProcesses")(function* (app: App, deadlineMs: number) {
  const start = yield* Clock.currentTimeMillis
  const graceMs = Math.min(longestGraceMs, deadlineMs / 2)
  const known = new Set<string>()
  let alive = yield* members(app)
  yield* assertOutside(app, alive)
  const ended = alive.map(({ pid }) => `${commandOf(pid)} (pid ${pid})`)
  const asked = unattended(alive)
  yield* signalAll(asked, "SIGTERM")
  const attended = new Set(alive.filter((one) => !asked.includes(one)).map(identityOf))
  let groups = yield* populatedGroups(app)
  while (alive.length > 0 || groups.length > 0) {
    for (const one of alive) known.add(identityOf(one))
    yield* Effect.sleep(pollMs)
    alive = yield* members(app, known)
    groups = yield* populatedGroups(app)
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    const orphans = unattended(alive).filter((one) => attended.delete(identityOf(one)))
    if (waitedMs < graceMs) yield* signalAll(orphans, "SIGTERM")
    else {
      yield* signalAll(alive, "SIGKILL")
      yield* readHost("local", () => killContained(app))
    }
    yield* wake(alive.filter((one) => !attended.has(identityOf(one))))
    if ((alive.length > 0 || groups.length > 0) && waitedMs >= deadlineMs) {
      const left = namesOf(app, alive, yield* othersWith(app, alive), groups)
      return yield* new NotQuiet({ app: app.name, left, waitedMs })
    }
  }
  yield* readHost("local", () => removeGroups(app))
  return ended
})

/**
 * Ends the app, then waits until no other process uses a volume either. Others are never signalled, only named.
 *
 * @param deadlineMs milliseconds in total.
 */
export const stop = Effect.fn("Local.stop")(function* (app: App, deadlineMs: number) {
  const start = yield* Clock.currentTimeMillis
  const removed = yield* endProcesses(app, deadlineMs)
  const look = Effect.gen(function* () {
    const left = yield* stillThere(app)
    return { left, waitedMs: (yield* Clock.currentTimeMillis) - start }
  })
  const { left, waitedMs } = yield* Effect.repeat(look, {
    until: ({ left, waitedMs }) => left.length === 0 || waitedMs >= deadlineMs,
    schedule: Schedule.spaced(pollForOthersMs)
  })
  if (left.length > 0) return yield* new NotQuiet({ app: app.name, left, waitedMs })
  return { removed, quietAfterMs: waitedMs }
})
