/**
 * Adapter: the claim is an exclusive flock(2) on `<app>/claim`. util-linux's `flock` locks a descriptor that it
 * inherits from lastgood. The lock belongs to the open file, so it stays after flock(1) has ended. Tools inherit the
 * descriptor too (`InheritedFds`). The kernel releases the lock when the last copy of the descriptor is closed, also
 * when a process dies.
 */
import { closeSync, existsSync, fstatSync, lstatSync, rmSync, type Stats } from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { App } from "../domain/App.ts"
import { messageOf } from "../domain/messageOf.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import {
  borrowedBy,
  describeHolder,
  fileName,
  holderOf,
  holderOfRemoved,
  holdersOf,
  isBorrowed,
  lockersOf
} from "./ClaimHolder.ts"
import { ClaimFailed, Claims, type Holder, Locked } from "./Claims.ts"
import { openLockFile, writeLockText } from "./lockFile.ts"
import { endOrphans, orphansAmong } from "./orphans.ts"

const pollMs = 200

const fileOf = (app: App): string => join(app.dir, fileName)

/** The exit code of flock(1) when another process holds the lock. Its default, 1, also means other failures. */
const conflict = 75

/** flock(1) does not wait for the lock. Only a filesystem that does not respond makes it take this long. */
const lockTimeoutMs = 30_000

/** null: the file does not exist or cannot be reached. */
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
    next: "run lastgood as root, or choose a writable root with --root, $LASTGOOD_ROOT or root:"
  })

const open = (app: App): Effect.Effect<number, ClaimFailed> =>
  Effect.try({
    try: () => openLockFile(fileOf(app)),
    catch: (cause) => {
      const inPlace = infoOf(app)
      if (inPlace === null || inPlace.isFile()) return unusable(app, messageOf(cause))
      return new ClaimFailed({
        app: app.name,
        reason: `${fileOf(app)} is a folder, a link or a device; expected a regular file`,
        next: "inspect and remove it; lastgood creates the file again"
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
          next: error.notFound ? "apt-get install util-linux" : `put ${fileOf(app)} on a local filesystem`
        })
    )
  )

/**
 * Whether the open file was removed. The lock on a removed file claims nothing, since the next process creates another
 * file.
 */
const isStillThere = (app: App, fd: number): boolean => {
  const opened = fstatSync(fd)
  const found = infoOf(app)
  return found?.ino === opened.ino && found.dev === opened.dev
}

/**
 * How long tools of a killed lastgood have to end after SIGTERM, and in total. These waits apply even when `waitMs` is
 * 0.
 */
const orphanGraceMs = 2000
const orphanLimitMs = 15_000

/** How long a borrower has to give the claim back: to end a program takes up to 10 s. It applies even when `waitMs` is 0. */
const borrowerLimitMs = 15_000
const wantedPollMs = 500

/** It is there while a process waits for a borrower. The next holder removes it. */
const wantedOf = (app: App): string => `${fileOf(app)}.wanted`

/** A full disk only makes the borrower go on. */
const want = (app: App) =>
  Effect.ignore(Effect.try({ try: () => closeSync(openLockFile(wantedOf(app))), catch: (cause) => cause }))

const unwant = (app: App) =>
  Effect.ignore(Effect.try({ try: () => rmSync(wantedOf(app), { force: true }), catch: (cause) => cause }))

const wanted = (app: App) =>
  Effect.gen(function* () {
    while (!existsSync(wantedOf(app))) yield* Effect.sleep(wantedPollMs)
  })

/** One that wants it no more may have left its file. */
const handedOver = (app: App) =>
  Effect.gen(function* () {
    while (existsSync(wantedOf(app))) yield* Effect.sleep(pollMs)
  }).pipe(Effect.timeoutOption(borrowerLimitMs), Effect.asVoid)

/** Whether the file is new. A new file may have replaced one that was removed while another process held its lock. */
const isNew = (fd: number): boolean => fstatSync(fd).size === 0

/** @param asks a borrower to give the claim back. */
const take = Effect.fnUntraced(function* (app: App, waitMs: number, asks: boolean) {
  const file = yield* Effect.acquireRelease(
    Effect.map(open(app), (fd) => ({ fd })),
    ({ fd }) => Effect.sync(() => closeSync(fd))
  )
  // Do not keep it open beside the next file: it would be a claim whose file was removed.
  const openAgain = Effect.uninterruptible(
    Effect.map(open(app), (fd) => {
      closeSync(file.fd)
      file.fd = fd
    })
  )
  const start = yield* Clock.currentTimeMillis
  /** Whether the claim is ours now. Fails when `waitMs` has passed. */
  const attempt: Effect.Effect<boolean, ClaimFailed | Locked> = Effect.gen(function* () {
    const { fd } = file
    // One that is just giving it back has changed the text already when the lock is found taken.
    const wasBorrowed = isBorrowed(fileOf(app))
    const isOurs = yield* tryLock(app, fd)
    if (isOurs && !isStillThere(app, fd)) return yield* Effect.andThen(openAgain, attempt)
    const other = isOurs && isNew(fd) ? holderOfRemoved(fileOf(app)) : null
    if (isOurs && other === null) return true
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    const orphans = other === null && waitedMs < orphanLimitMs ? orphansAmong(lockersOf(fileOf(app))) : []
    if (orphans.length > 0) {
      yield* endOrphans(orphans, waitedMs >= orphanGraceMs)
    } else if (asks && other === null && waitedMs < borrowerLimitMs && (wasBorrowed || isBorrowed(fileOf(app)))) {
      yield* want(app)
    } else if (waitedMs >= waitMs) {
      const { who: holder, next } = other ?? describeHolder(fileOf(app))
      return yield* new Locked({ app: app.name, holder, waitedMs, next })
    }
    return false
  })
  yield* Effect.repeat(attempt, { until: (isOurs) => isOurs, schedule: Schedule.spaced(pollMs) })
  yield* unwant(app)
  return file.fd
})

const write = (fd: number, who: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => writeLockText(fd, `${who}, pid ${process.pid}, since ${iso(now)}`))

const hold = Effect.fn("Claims.hold")(function* (app: App, who: string, waitMs: number) {
  const fd = yield* take(app, waitMs, true)
  yield* write(fd, who)
  return { fd }
})

const borrow = Effect.fn("Claims.borrow")(function* (app: App, who: string) {
  const fd = yield* take(app, 0, false)
  // The next holder may be unable to write its own text.
  yield* Effect.acquireRelease(write(fd, borrowedBy(who)), () => write(fd, who))
  return { fd, wanted: wanted(app), handedOver: handedOver(app) }
})

const holders = (apps: ReadonlyArray<App>) =>
  Effect.sync(() => {
    const found = holdersOf(apps.map(fileOf))
    if (found.size === 0) return new Map<string, Holder>()
    return new Map(
      apps.flatMap((app) => {
        const holder = found.get(fileOf(app))
        return holder === undefined || isBorrowed(fileOf(app)) ? [] : [[app.name, holder] as const]
      })
    )
  })

export const layer = Layer.succeed(
  Claims,
  Claims.of({
    hold,
    borrow,
    holder: (app) =>
      Effect.try({
        try: () => (isBorrowed(fileOf(app)) ? null : holderOf(fileOf(app))),
        catch: (cause) => unusable(app, messageOf(cause))
      }),
    holders
  })
)
