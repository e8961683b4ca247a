/**
 * Adapter: the claim is an exclusive flock(2) on `<app>/claim`. util-linux's `flock` takes it on a descriptor that it
 * inherits from us: the lock belongs to the open file, which is ours, so it stays when flock(1) has ended. Tools inherit
 * the descriptor too (`InheritedFds`), and the kernel lets go when the last copy of it is closed: by us, or by death.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeSync
} from "node:fs"
import { basename, join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { App } from "../domain/App.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import { ClaimFailed, Claims, Locked } from "./Claims.ts"

const pollMs = 200

const fileName = "claim"
const fileOf = (app: App): string => join(app.dir, fileName)

/** Exit code of flock(1) when somebody else holds the lock; its own 1 is also that of other failures. */
const conflict = 75

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const unusable = (app: App, reason: string): ClaimFailed =>
  new ClaimFailed({
    app: app.name,
    reason,
    next: "run lastgood as root, or name a root that can be written with --root, $LASTGOOD_ROOT or root:"
  })

const open = (app: App): Effect.Effect<number, ClaimFailed> =>
  Effect.try({
    try: () => {
      mkdirSync(app.dir, { recursive: true, mode: 0o700 })
      const fd = openSync(fileOf(app), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      fchmodSync(fd, 0o600)
      return fd
    },
    catch: (cause) => unusable(app, messageOf(cause))
  })

const tryLock = (app: App, fd: number): Effect.Effect<boolean, ClaimFailed> =>
  run("flock", ["--nonblock", "--exclusive", "--conflict-exit-code", String(conflict), "3"], {
    codes: [0, conflict]
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

/** What the holder wrote about itself; it is for people, the lock does not depend on it. */
const told = (app: App): string => {
  try {
    return readFileSync(fileOf(app), "utf8").trim() || "a process that has not said who it is"
  } catch {
    return "unknown"
  }
}

/** A file that was removed since it was opened is nobody's claim any more: the next one makes another. */
const isStillThere = (app: App, fd: number): boolean => {
  const opened = fstatSync(fd)
  const found = statSync(fileOf(app), { throwIfNoEntry: false })
  return found?.ino === opened.ino && found.dev === opened.dev
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const isLockedThrough = (pid: string, fd: string, wanted: { readonly dev: number; readonly ino: number }): boolean => {
  try {
    // Its name first: to ask anything of a file on a filesystem that does not answer would never end.
    if (basename(readlinkSync(`/proc/${pid}/fd/${fd}`)) !== fileName) return false
    const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`)
    return (
      dev === wanted.dev && ino === wanted.ino && readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("FLOCK")
    )
  } catch {
    return false
  }
}

/**
 * Does anybody hold a lock on this file? Looking takes no lock from anybody. Asked of every open file: /proc/locks leaves
 * out, inside a container, a lock whose taker (flock(1)) has ended, and names devices that stat(2) calls otherwise on
 * btrfs and overlayfs.
 */
const isLocked = (app: App): boolean => {
  const wanted = statSync(fileOf(app), { throwIfNoEntry: false })
  if (wanted === undefined) return false
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => namesIn(`/proc/${pid}/fd`).some((fd) => isLockedThrough(pid, fd, wanted)))
}

/** It is for people; the lock does not depend on it, and a full disk must keep nobody from going back. */
const introduce = (fd: number, text: string): Effect.Effect<void> =>
  Effect.ignore(
    Effect.try({
      try: () => {
        const bytes = Buffer.from(`${text.replace(/\s+/g, " ")}\n`)
        // Over the old text: to cut it first would give its block away.
        ftruncateSync(fd, writeSync(fd, bytes, 0, bytes.length, 0))
      },
      catch: (cause) => cause
    })
  )

const hold = Effect.fn("Claims.hold")(function* (app: App, who: string, waitMs: number) {
  const opened = Effect.acquireRelease(open(app), (fd) => Effect.sync(() => closeSync(fd)))
  const start = yield* Clock.currentTimeMillis
  let fd = yield* opened
  while (true) {
    const isOurs = yield* tryLock(app, fd)
    if (isOurs && isStillThere(app, fd)) break
    if (isOurs) {
      fd = yield* opened
      continue
    }
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    if (waitedMs >= waitMs) return yield* new Locked({ app: app.name, holder: told(app), waitedMs })
    yield* Effect.sleep(Math.min(pollMs, waitMs - waitedMs))
  }
  const since = iso(yield* Clock.currentTimeMillis)
  yield* introduce(fd, `${who}, pid ${process.pid}, since ${since}`)
  return { fd }
})

export const layer = Layer.succeed(
  Claims,
  Claims.of({
    hold,
    holder: (app) =>
      Effect.try({ try: () => (isLocked(app) ? told(app) : null), catch: (cause) => unusable(app, messageOf(cause)) })
  })
)
