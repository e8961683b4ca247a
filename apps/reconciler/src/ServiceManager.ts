/**
 * The service manager that started the daemon: it is told when the daemon is ready, what it does, and that its event loop
 * still turns. systemd listens on a datagram socket, which Node cannot write to, so `systemd-notify` does. It speaks for the
 * process that started it, so `NotifyAccess=main` is enough: the apps in the unit's namespace cannot speak for the daemon.
 */
import { run } from "@lastgood/core/process/Tool"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"

export interface ServiceManager {
  readonly ready: (status: string) => Effect.Effect<void>
  /** Tells the beginning of a reload; `ready` is its end. */
  readonly reloading: Effect.Effect<void>
  readonly stopping: (status: string) => Effect.Effect<void>
  /** Tells what the daemon does, soon. Of several at once only the newest is told. */
  readonly status: (status: string) => void
  /** Tells the status and that the daemon lives, until it is interrupted. */
  readonly run: Effect.Effect<void>
}

/** The daemon was started by something else. */
export const noServiceManager: ServiceManager = {
  ready: () => Effect.void,
  reloading: Effect.void,
  stopping: () => Effect.void,
  status: () => undefined,
  run: Effect.never
}

const patienceMs = 10_000

/** systemd counts this time, in microseconds, on the kernel's monotonic clock. */
const monotonicMicros = Effect.map(Clock.monotonicTimeNanos, (nanos) => nanos / 1000n)

const settings = Config.all({
  socket: Config.option(Config.String("NOTIFY_SOCKET")),
  watchdogMicros: Config.option(Config.Int("WATCHDOG_USEC")),
  watchdogPid: Config.option(Config.Int("WATCHDOG_PID"))
})

export const serviceManagerFromEnv = Effect.gen(function* () {
  const { socket, watchdogMicros, watchdogPid } = yield* Effect.orElseSucceed(settings, () => ({
    ...{ socket: Option.none(), watchdogMicros: Option.none(), watchdogPid: Option.none() }
  }))
  if (Option.isNone(socket)) return noServiceManager
  let isTold = false
  const notify = (...assignments: ReadonlyArray<string>) =>
    run("systemd-notify", assignments, { env: { NOTIFY_SOCKET: socket.value }, timeoutMs: patienceMs }).pipe(
      Effect.asVoid,
      Effect.catch(({ message }) => {
        if (isTold) return Effect.void
        isTold = true
        return Effect.logWarning(`systemd is not told how the daemon does: ${message}`)
      })
    )
  const statuses = yield* Queue.sliding<string>(1)
  const tellStatus = Effect.forever(Effect.flatMap(Queue.take(statuses), (status) => notify(`STATUS=${status}`)))
  const isForUs = Option.isNone(watchdogPid) || watchdogPid.value === process.pid
  // Half of the limit, as systemd advises.
  const every = Option.map(watchdogMicros, (micros) => Duration.millis(micros / 2000))
  const live =
    isForUs && Option.isSome(every)
      ? Effect.forever(Effect.andThen(notify("WATCHDOG=1"), Effect.sleep(every.value)))
      : Effect.never
  const manager: ServiceManager = {
    ready: (status) => notify("READY=1", `STATUS=${status}`),
    reloading: Effect.flatMap(monotonicMicros, (micros) => notify("RELOADING=1", `MONOTONIC_USEC=${micros}`)),
    stopping: (status) => notify("STOPPING=1", `STATUS=${status}`),
    status: (status) => void Queue.offerUnsafe(statuses, status),
    run: Effect.asVoid(Effect.all([tellStatus, live], { concurrency: "unbounded" }))
  }
  return manager
})
