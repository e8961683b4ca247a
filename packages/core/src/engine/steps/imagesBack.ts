/**
 * The images of a version that comes back: somebody may have pruned them since it ran. What is here is not asked for
 * again, so a registry that is away keeps no app down whose images are here.
 */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { targetOf } from "../../domain/Attempt.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import type { Work } from "./Work.ts"

/** Whoever waits for it is an app that is down, or broken. */
const longestMs = 5 * 60_000

/** What cannot be pulled is told by the deploy, which then fails. */
export const pullAgain = ({ app, attempt, runtime }: Work, release: Release): Effect.Effect<void> =>
  attempt.direction === "forward"
    ? Effect.void
    : runtime.prefetch(app, release).pipe(
        Effect.timeoutOption(longestMs),
        Effect.catch(({ message }) => Effect.logWarning(message)),
        Effect.asVoid
      )

/** Before it is taken down, as far as its release is still laid out. */
export const pullBefore = Effect.fnUntraced(
  function* (work: Work) {
    const ref = targetOf(work.attempt)
    if (ref === null) return
    const release = yield* (yield* VersionSource).existing(work.app, ref)
    if (release !== null) yield* pullAgain(work, release)
  },
  (pulled) => Effect.ignore(pulled)
)
