/**
 * The daemon's notifications: sends what remote sinks are owed, records the daily digest, and pings a dead man's switch. Beside
 * the passes, which it never delays.
 */
import type { Claims } from "@lastgood/core/claim/Claims"
import { parseSchedule } from "@lastgood/core/config/schedule"
import type { App } from "@lastgood/core/domain/App"
import { iso, isoMillis } from "@lastgood/core/domain/time"
import type { Engine } from "@lastgood/core/engine/Engine"
import { flush } from "@lastgood/core/engine/outbox"
import { EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import type { AlertSinks } from "@lastgood/core/notify/AlertSink"
import { ping, type Signal } from "@lastgood/core/notify/ping"
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import { Cadence } from "./cadence.ts"
import { lastDigest, recordDigest } from "./digest.ts"
import { hostApp } from "./namedApp.ts"
import type { PassResult } from "./pass.ts"

export interface NotifySettings {
  /** Whether there is a remote sink. */
  readonly hasSinks: boolean
  /** `HH:MM`; null: no digest. */
  readonly digest: string | null
  /** A secret. null: nothing is pinged. */
  readonly ping: string | null
}

export type Post = Layer.Layer<Engine | Claims | AlertSinks | EventStore, StoreUnavailable>

export interface Notifier {
  /** A pass begins. */
  readonly begin: Effect.Effect<void>
  /** A pass has ended. */
  readonly end: (result: PassResult) => Effect.Effect<void>
  /** Sends, until it is interrupted. */
  readonly run: (apps: Effect.Effect<ReadonlyArray<App>>) => Effect.Effect<void>
}

/** The events that may owe a sink a message. An attempt that ends may resolve alerts. */
const owes = /^(?:Alert(?!Delivered)|AttemptEnded$|SnapshotPromoted$)/

/** A message is begun within this time, then the log is read again. */
const limitMs = 60_000
const waitMs = 5000

const failures: ReadonlySet<PassResult["outcome"]> = new Set([
  ...(["error", "failed", "recovered", "unhealthy", "left-down", "unknown"] as const)
])

export const isFailure = ({ outcome, trouble }: PassResult): boolean => trouble !== null || failures.has(outcome)

/** The next time of the day after this one, in epoch milliseconds. */
export const nextDigest = (time: string, after: number): number => {
  const [hour, minute] = time.split(":")
  const cron = parseSchedule(`${Number(minute)} ${Number(hour)} * * *`)
  return Result.isSuccess(cron) ? Cron.next(cron.success, after).getTime() : Number.POSITIVE_INFINITY
}

/** Pings in order, one after the other. A failure is logged once, until a ping succeeds. */
const makePings = Effect.fnUntraced(function* (settings: Effect.Effect<NotifySettings>) {
  const signals = yield* Queue.make<Signal>({ capacity: 64, strategy: "sliding" })
  let isFailing = false
  const send = Effect.fnUntraced(function* (signal: Signal) {
    const { ping: url } = yield* settings
    if (url === null) return
    const failed = yield* ping(url, signal).pipe(
      Effect.as(null),
      Effect.catch(({ reason }) => Effect.succeed(reason))
    )
    if (failed !== null && !isFailing) yield* Effect.logWarning(`the ping failed: ${failed}`)
    isFailing = failed !== null
  })
  return {
    offer: (signal: Signal) => Effect.asVoid(Queue.offer(signals, signal)),
    run: Effect.forever(Effect.flatMap(Queue.take(signals), send))
  }
})

/** @param settings as configured now. */
export const makeNotifier = Effect.fnUntraced(function* (
  root: string,
  post: Post,
  settings: Effect.Effect<NotifySettings>
) {
  const host = hostApp(root)
  const { notificationsMs } = yield* Cadence
  const pings = yield* makePings(settings)
  const unrecorded = new Map()
  const startedAt = yield* Clock.currentTimeMillis
  const failing = new Set<string>()
  /** The position up to which the log was read; null: not at all. */
  let head: number | null = null
  let retryAt: number | null = null
  let digestedAt: number | null = null

  const digest = Effect.fnUntraced(function* (time: string, apps: ReadonlyArray<App>) {
    const now = yield* Clock.currentTimeMillis
    digestedAt ??= isoMillis((yield* lastDigest(host))?.at ?? iso(startedAt))
    if (now < nextDigest(time, digestedAt)) return
    yield* recordDigest(apps, host, now)
    digestedAt = now
  })

  const tick = Effect.fnUntraced(function* (apps: ReadonlyArray<App>) {
    const { digest: time } = yield* settings
    if (time !== null) yield* digest(time, apps)
    const store = yield* EventStore
    const now = yield* Clock.currentTimeMillis
    const isDue = head === null || unrecorded.size > 0 || (retryAt !== null && retryAt <= now)
    const fresh = yield* store.readAll({ after: head ?? (yield* store.head).position })
    head = fresh.at(-1)?.position ?? head ?? 0
    // The logs of all apps are folded only for a reason, since a step may keep an app down meanwhile.
    if (!isDue && !fresh.some(({ type }) => owes.test(type))) return
    retryAt = yield* flush(apps, { host, limitMs, unrecorded, waitMs })
  })

  const send = (apps: Effect.Effect<ReadonlyArray<App>>) =>
    Effect.gen(function* () {
      if (!(yield* settings).hasSinks) return
      yield* Effect.flatMap(apps, tick).pipe(Effect.provide(Layer.fresh(post)))
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("notifications were not sent", cause)))

  const notifier: Notifier = {
    begin: pings.offer("start"),
    end: (result) =>
      Effect.suspend(() => {
        if (isFailure(result)) failing.add(result.app)
        else if (result.outcome !== "skipped") failing.delete(result.app)
        // One healthy app must not hide that another one is not.
        return pings.offer(failing.size === 0 ? "success" : "fail")
      }),
    run: (apps) =>
      Effect.asVoid(
        Effect.all([pings.run, Effect.forever(Effect.andThen(send(apps), Effect.sleep(notificationsMs)))], {
          concurrency: "unbounded"
        })
      )
  }
  return notifier
})
