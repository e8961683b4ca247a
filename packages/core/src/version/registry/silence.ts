/**
 * Registries that are left alone for a while, for all apps and all passes of the daemon: one that limits requests, and
 * one that did not answer, so that the other images of a pass do not wait for it as well.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ImageRepository } from "./Reference.ts"
import { repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"
import { limited } from "./trouble.ts"

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
/** A registry cannot ask for a longer pause. */
const longestMs = 6 * 3_600_000

const forImage = (repository: ImageRepository, { kind, next, reason }: RegistryError): RegistryError =>
  new RegistryError({ image: repositoryText(repository), kind, reason, next })

/** Fails while the registry is left alone. */
export const assertHeard = Effect.fnUntraced(function* (repository: ImageRepository, origin: string) {
  const silence = silences.get(origin)
  const now = yield* Clock.currentTimeMillis
  if (silence === undefined || silence.until <= now) return
  const { error, until } = silence
  return yield* error.kind === "busy" ? limited(repository, until, now) : forImage(repository, error)
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
  const lengthMs = error.kind === "away" ? awayMs : Math.min(error.retryAfterMs ?? before, longestMs)
  const nextMs = error.kind === "busy" ? Math.min(before * 2, longestMs) : before
  silences.set(origin, { until: now + lengthMs, error, nextMs })
  return error.kind === "busy" && error.retryAfterMs === undefined ? limited(repository, now + lengthMs, now) : error
})

export const answered = (origin: string): Effect.Effect<void> => Effect.sync(() => void silences.delete(origin))
