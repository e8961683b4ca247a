/**
 * Adapter: the claim is an exclusive flock(2) on `<app>/claim`. util-linux's `flock` takes it on a descriptor that it
 * inherits from us: the lock belongs to the open file, which is ours, so it stays when flock(1) has ended. Tools inherit
 * the descriptor too (`InheritedFds`), and the kernel lets go when the last copy of it is closed: by us, or by death.
 */
import { closeSync, fstatSync, lstatSync, type Stats } from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { App } from "../domain/App.ts"
import { messageOf } from "../domain/messageOf.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import { fileName, holderOf, holderOfRemoved, lockersOf, somebodyAt } from "./ClaimHolder.ts"
import { ClaimFailed, Claims, Locked } from "./Claims.ts"
import { introduce, openLockFile } from "./lockFile.ts"
import { endOrphans, orphansAmong } from "./orphans.ts"

const pollMs = 200

const fileOf = (app: App): string => join(app.dir, fileName)

/** Exit code of flock(1) when somebody else holds the lock; its own 1 is also that of other failures. */
const conflict = 75

/** It does not wait for the lock; only a filesystem that does not answer makes it take longer. */
const lockTimeoutMs = 30_000

/** null: nothing is there, or no way leads there. */
const infoOf = (app: App): Stats | null => {
  try {
    return lstatSync(fileOf(app))
  } catch {
    return null
  }
}

const unusable = (app: App, reason: string): ClaimFailed =>
  new ClaimFailed({
    app: app.name,
    reason,
    next: "run lastgood as root, or name a root that can be written with --root, $LASTGOOD_ROOT or root:"
  })

const open = (app: App): Effect.Effect<number, ClaimFailed> =>
  Effect.try({
    try: () => openLockFile(fileOf(app)),
    catch: (cause) => {
      const inPlace = infoOf(app)
      if (inPlace === null || inPlace.isFile()) return unusable(app, messageOf(cause))
      return new ClaimFailed({
        app: app.name,
        reason: `${fileOf(app)} is a folder, a link or a device; expected a file of lastgood's own`,
        next: "see what it is, and remove it: lastgood makes the file again"
      })
    }
  })

const tryLock = (app: App, fd: number): Effect.Effect<boolean, ClaimFailed> =>
  run("flock", ["--nonblock", "--exclusive", "--conflict-exit-code", String(conflict), "3"], {
    codes: [0, conflict],
    timeoutMs: lockTimeoutMs
  }).pipe(
    Effect.provideService(InheritedFds, [fd]),
    Effect.map(({ code }) => code === 0),
    Effect.mapError(
      (error) =>
        new ClaimFailed({
          app: app.name,
          reason: error.said,
          next: error.notFound
            ? "apt-get install util-linux"
            : `look at ${fileOf(app)}: it must be on a local filesystem`
        })
    )
  )

/** A file that was removed since it was opened is nobody's claim any more: the next one makes another. */
const isStillThere = (app: App, fd: number): boolean => {
  const opened = fstatSync(fd)
  const found = infoOf(app)
  return found?.ino === opened.ino && found.dev === opened.dev
}

/** How long tools that a killed lastgood left have to end after SIGTERM, and in all: also where nobody wants to wait. */
const orphanGraceMs = 2000
const orphanLimitMs = 15_000

/** A file that is new may stand in the place of one that was removed while somebody held it. */
const isNew = (fd: number): boolean => fstatSync(fd).size === 0

const hold = Effect.fn("Claims.hold")(function* (app: App, who: string, waitMs: number) {
  const file = yield* Effect.acquireRelease(
    Effect.map(open(app), (fd) => ({ fd })),
    ({ fd }) => Effect.sync(() => closeSync(fd))
  )
  // Not kept open beside the next one: it would be a claim whose file was removed.
  const openAgain = Effect.uninterruptible(
    Effect.map(open(app), (fd) => {
      closeSync(file.fd)
      file.fd = fd
    })
  )
  const start = yield* Clock.currentTimeMillis
  /** Whether it is ours now; fails when nobody wants to wait any longer. */
  const attempt: Effect.Effect<boolean, ClaimFailed | Locked> = Effect.gen(function* () {
    const { fd } = file
    const isOurs = yield* tryLock(app, fd)
    if (isOurs && !isStillThere(app, fd)) return yield* Effect.andThen(openAgain, attempt)
    const other = isOurs && isNew(fd) ? holderOfRemoved(fileOf(app)) : null
    if (isOurs && other === null) return true
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    const orphans = other === null && waitedMs < orphanLimitMs ? orphansAmong(lockersOf(fileOf(app))) : []
    if (orphans.length > 0) {
      yield* endOrphans(orphans, waitedMs >= orphanGraceMs)
    } else if (waitedMs >= waitMs) {
      const { who: holder, next } = other ?? somebodyAt(fileOf(app))
      return yield* new Locked({ app: app.name, holder, waitedMs, next })
    }
    return false
  })
  yield* Effect.repeat(attempt, { until: (isOurs) => isOurs, schedule: Schedule.spaced(pollMs) })
  const since = iso(yield* Clock.currentTimeMillis)
  yield* introduce(file.fd, `${who}, pid ${process.pid}, since ${since}`)
  return { fd: file.fd }
})

export const layer = Layer.succeed(
  Claims,
  Claims.of({
    hold,
    holder: (app) => Effect.try({ try: () => holderOf(fileOf(app)), catch: (cause) => unusable(app, messageOf(cause)) })
  })
)
