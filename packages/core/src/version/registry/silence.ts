/**
 * Registries that are left alone for a while, for all apps and all passes of the daemon: one that limits requests, and
 * one that did not answer, so that the other images of a pass do not wait for it as well.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { iso } from "../../domain/time.ts"
import type { ImageRepository } from "./Reference.ts"
import { repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"
import { longestPauseMs } from "./trouble.ts"

interface Silence {
  readonly until: number
  readonly error: RegistryError
  /** How long the next silence is, if the registry names no time. */
  readonly nextMs: number
}

/** By origin. */
const silences = new Map<string, Silence>()

const awayMs = 2 * 60_000
const firstBusyMs = 15 * 60_000
/** However short a pause a registry asks for: it was waited for several times, and the registry still limits. */
const shortestMs = awayMs

type Told = Pick<RegistryError, "kind" | "next" | "reason">

const forImage = (repository: ImageRepository, { kind, next, reason }: Told, forMs: number): RegistryError =>
  new RegistryError({
    image: repositoryText(repository),
    ...{ kind, reason, next },
    ...(kind === "busy" ? { retryAfterMs: forMs } : {})
  })

/** Fails while the registry is left alone. */
export const assertHeard = Effect.fnUntraced(function* (repository: ImageRepository, origin: string) {
  const silence = silences.get(origin)
  const now = yield* Clock.currentTimeMillis
  if (silence === undefined || silence.until <= now) return
  return yield* forImage(repository, silence.error, silence.until - now)
})

/** Leaves a registry alone after its last failure. @returns the failure, with the time until then if it limits requests. */
export const leaveAlone = Effect.fnUntraced(function* (
  repository: ImageRepository,
  origin: string,
  error: RegistryError
) {
  if (error.kind !== "busy" && error.kind !== "away") return error
  const now = yield* Clock.currentTimeMillis
  const before = silences.get(origin)?.nextMs ?? firstBusyMs
  const isBusy = error.kind === "busy"
  const lengthMs = isBusy ? Math.max(error.retryAfterMs ?? before, shortestMs) : awayMs
  const until = now + lengthMs
  const nextMs = isBusy ? Math.min(before * 2, longestPauseMs) : before
  // A time instead of a duration, so that the error stays the same and is reported once.
  const reason = isBusy ? `${error.reason}, until ${iso(until)}` : error.reason
  const told = forImage(repository, { ...error, reason }, lengthMs)
  silences.set(origin, { until, error: told, nextMs })
  return told
})

export const answered = (origin: string): Effect.Effect<void> => Effect.sync(() => void silences.delete(origin))
