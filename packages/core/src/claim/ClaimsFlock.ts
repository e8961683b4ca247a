/**
 * Adapter: the claim is an exclusive flock(2) on `<app>/claim`. util-linux's `flock` takes it on a descriptor that it
 * inherits from us: the lock belongs to the open file, which is ours, so it stays when flock(1) has ended. Tools inherit
 * the descriptor too (`InheritedFds`), and the kernel lets go when the last copy of it is closed: by us, or by death.
 */
import { closeSync, fchmodSync, ftruncateSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { App } from "../domain/App.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import { ClaimFailed, Claims, Locked } from "./Claims.ts"

const pollMs = 200

const fileOf = (app: App): string => join(app.dir, "claim")

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const open = (app: App): Effect.Effect<number, ClaimFailed> =>
  Effect.try({
    try: () => {
      mkdirSync(app.dir, { recursive: true, mode: 0o700 })
      const fd = openSync(fileOf(app), "a+", 0o600)
      fchmodSync(fd, 0o600)
      return fd
    },
    catch: (cause) =>
      new ClaimFailed({
        app: app.name,
        reason: messageOf(cause),
        next: "run lastgood as root, or name a root that can be written with --root, $LASTGOOD_ROOT or root:"
      })
  })

/** flock(1) ends with 1 when somebody else holds the lock. */
const tryLock = (app: App, fd: number): Effect.Effect<boolean, ClaimFailed> =>
  run("flock", ["-n", "-x", "3"], { codes: [0, 1] }).pipe(
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

/** Does anybody hold a lock on this file? The kernel's own list, so that looking takes no lock from anybody. */
const isLocked = (app: App): boolean => {
  try {
    const { dev, ino } = statSync(fileOf(app), { bigint: true })
    // Linux's encoding of a device number, as stat(2) gives it.
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn)
    const hex = (n: bigint) => n.toString(16).padStart(2, "0")
    const wanted = `${hex(major)}:${hex(minor)}:${ino}`
    return readFileSync("/proc/locks", "utf8")
      .split("\n")
      .some((line) => line.includes(" FLOCK ") && line.split(/\s+/).includes(wanted))
  } catch {
    return false
  }
}

const hold = Effect.fn("Claims.hold")(function* (app: App, who: string, waitMs: number) {
  const fd = yield* Effect.acquireRelease(open(app), (opened) => Effect.sync(() => closeSync(opened)))
  const start = yield* Clock.currentTimeMillis
  while (!(yield* tryLock(app, fd))) {
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    if (waitedMs >= waitMs) return yield* new Locked({ app: app.name, holder: told(app), waitedMs })
    yield* Effect.sleep(Math.min(pollMs, waitMs - waitedMs))
  }
  const since = iso(yield* Clock.currentTimeMillis)
  yield* Effect.try({
    try: () => {
      ftruncateSync(fd)
      writeSync(fd, `${who}, pid ${process.pid}, since ${since}\n`)
    },
    catch: (cause) => new ClaimFailed({ app: app.name, reason: messageOf(cause), next: "free room on the root's disk" })
  })
  return { fd }
})

export const layer = Layer.succeed(
  Claims,
  Claims.of({ hold, holder: (app) => Effect.sync(() => (isLocked(app) ? told(app) : null)) })
)
