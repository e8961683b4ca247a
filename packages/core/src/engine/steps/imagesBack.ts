/**
 * The images of a version that a rollback starts: those that ran. They may have been pruned, and are pulled then. Images
 * that exist are not pulled, so no registry is needed for them.
 */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { targetOf } from "../../domain/Attempt.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { comesBack, type Work } from "./Work.ts"

/** The app is down or broken in the meantime. */
const longestMs = 5 * 60_000

/** Why an image cannot be pulled. The deploy that follows fails with less to say: the image is not there. */
export interface PullFailure {
  readonly message: string
  readonly next: string
}

/** @returns the failure; null: the images are there, or the pull ran out of time. */
export const pullAgain = ({ app, attempt, runtime }: Work, release: Release): Effect.Effect<PullFailure | null> =>
  attempt.direction === "forward"
    ? Effect.succeed(null)
    : runtime.prefetch(app, release).pipe(
        Effect.timeoutOption(longestMs),
        Effect.as(null),
        Effect.catch((failure) => Effect.as(Effect.logWarning(failure.message), failure))
      )

/** A version that ran starts with the images that it ran. If they cannot be told, with those that it names. */
export const withKept = ({ app, attempt, runtime }: Work, release: Release): Effect.Effect<Release> =>
  (attempt.direction === "forward" && !comesBack(attempt)) || runtime.asKept === undefined
    ? Effect.succeed(release)
    : runtime
        .asKept(app, release)
        .pipe(Effect.catch((failure) => Effect.as(Effect.logWarning(failure.message), release)))

/** The release that a rollback starts; null: it has to be made first, or there is none. */
export const releaseBack = Effect.fnUntraced(
  function* (work: Work) {
    const ref = targetOf(work.attempt)
    const release = ref === null ? null : yield* (yield* VersionSource).existing(work.app, ref)
    return release === null ? null : yield* withKept(work, release)
  },
  (found) => Effect.orElseSucceed(found, () => null)
)

/** Whether the operator asked for the rollback of an app that runs: nothing forces lastgood to take it down. */
const isFree = ({ app, attempt, runtime }: Work) =>
  attempt.direction === "back" && attempt.of === null
    ? runtime.inspect(app).pipe(
        Effect.map(({ present }) => present),
        Effect.orElseSucceed(() => false)
      )
    : Effect.succeed(false)

/**
 * Before the app is taken down, if the release exists. An operator's own rollback of a running app fails here without its
 * images: it would end with the app down (LAW-14).
 */
export const pullBefore = Effect.fnUntraced(function* (work: Work) {
  const release = yield* releaseBack(work)
  if (release === null) return
  if (yield* isFree(work)) yield* work.runtime.prefetch(work.app, release)
  else yield* pullAgain(work, release)
})
