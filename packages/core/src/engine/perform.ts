/**
 * `perform`: the only part of the loop that touches the world, through the ports. Each step returns its evidence as
 * events, also when it failed; it never decides what follows. Each is idempotent: it runs again after a crash.
 */
import * as Effect from "effect/Effect"
import { make } from "../domain/Event.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import type { HealthGate } from "../health/HealthGate.ts"
import type { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import type { VersionSource } from "../version/VersionSource.ts"
import { type StepError, whyOf } from "./StepError.ts"
import { deploy, undeploy } from "./steps/deploy.ts"
import { seal, tidy } from "./steps/finish.ts"
import { health } from "./steps/health.ts"
import { prefetch } from "./steps/prefetch.ts"
import { restore, stage } from "./steps/restore.ts"
import { snapshot } from "./steps/snapshot.ts"
import type { Evidence, StepEffect, Work } from "./steps/Work.ts"

const steps: Record<PerformedStep, (work: Work) => StepEffect> = {
  prefetch,
  check: health,
  stage,
  undeploy,
  snapshot,
  restore,
  deploy,
  health,
  seal,
  tidy
}

/** Runs one step. What it could not do is evidence too: `StepFailed` with the reason and what to do next. */
export const perform = (
  step: PerformedStep,
  work: Work
): Effect.Effect<Evidence, never, SnapshotStore | VersionSource | HealthGate> =>
  steps[step](work).pipe(
    Effect.catch((error: StepError): Effect.Effect<Evidence> => {
      const { reason, next } = whyOf(error)
      return Effect.succeed([make("StepFailed", { step, error: error._tag, reason, next })])
    })
  )
