/**
 * Pulls the images of a version that a rollback starts, because they may have been pruned. Images that exist are not
 * pulled, so no registry is needed for them.
 */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { targetOf } from "../../domain/Attempt.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import type { Work } from "./Work.ts"

/** The app is down or broken in the meantime. */
const longestMs = 5 * 60_000

/** If an image cannot be pulled, the deploy fails and reports it. */
export const pullAgain = ({ app, attempt, runtime }: Work, release: Release): Effect.Effect<void> =>
  attempt.direction === "forward"
    ? Effect.void
    : runtime.prefetch(app, release).pipe(
        Effect.timeoutOption(longestMs),
        Effect.catch(({ message }) => Effect.logWarning(message)),
        Effect.asVoid
      )

/** Before the app is taken down, if the release exists. */
export const pullBefore = Effect.fnUntraced(
  function* (work: Work) {
    const ref = targetOf(work.attempt)
    if (ref === null) return
    const release = yield* (yield* VersionSource).existing(work.app, ref)
    if (release !== null) yield* pullAgain(work, release)
  },
  (pulled) => Effect.ignore(pulled)
)
