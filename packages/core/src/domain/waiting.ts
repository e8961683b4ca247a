/**
 * An attempt that waits for room: a full disk on the way back must not leave an app down for ever. The attempt stays in
 * flight, and each later run tries the step again. Pure.
 */
import type { Attempt, Back, Failure } from "./Attempt.ts"
import { record } from "./answers.ts"
import { brief } from "./brief.ts"
import type { Advance } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import { advise, nextText } from "./Next.ts"
import { isPerformed, type PerformedStep, rollbackPlan } from "./Plan.ts"

/** The error of a step that found too little room. */
export const noRoomError = "NoRoom"

/** How often in a row; each later run tries once more. */
export const triesForRoom = 2

/** As the kernel, git, tar and the engine say it. */
const full = /\bENOSPC\b|\bEDQUOT\b|no space left on device|disk quota exceeded/i

const answers: ReadonlyArray<string> = ["HealthFailed", "SnapshotDamaged", "SnapshotMissing"]

/** An unhealthy app is an answer, whatever it printed; every other step that met a full disk may work when there is room. */
export const isForRoom = ({ error, reason }: Pick<Failure, "error" | "reason">): boolean =>
  error === noRoomError || (!answers.includes(error) && full.test(reason))

export const tryAgain = (a: Attempt, step: PerformedStep): Advance => ({
  _tag: "Perform",
  step,
  intent: make("StepStarted", { step, try: (a.current?.try ?? 1) + 1 })
})

/** What to do, from what the failure says: the attempt goes on by itself, nothing has to be asked for again. */
const nextOf = (app: string, { next }: Failure): string => {
  const free = next === "" ? "free space on that filesystem" : next.replace(/[,;]? then try again$/, "")
  return nextText(app, advise`${free}; the daemon then goes on by itself, without one run ${{ do: "Reconcile" }}`)
}

/**
 * What follows when a step of the way back still finds no room after its tries: the app goes down if it is not (what
 * failed would write on, and may be what fills the disk), one alert is raised, and the attempt waits.
 *
 * @param alert makes the alert, once.
 * @param again a new run: the step is tried again.
 */
export const waitForRoom = (
  app: string,
  a: Back,
  failure: Failure,
  alert: (why: string, next: string) => Event,
  again: boolean
): Advance => {
  if (failure.step === "stage" && a.plan.indexOf("undeploy") > a.plan.indexOf("stage")) {
    const { attempted, to, snapshot, by, reason } = a
    return record(
      make("RollbackStarted", {
        ...{ attempted, lastGood: to, snapshot, by, reason },
        plan: rollbackPlan({ to, snapshot, downFirst: true })
      })
    )
  }
  if (a.waiting === null) {
    const reason = failure.reason
    const next = nextOf(app, failure)
    return record(
      make("AttemptWaiting", { step: failure.step, waitsFor: "room", reason, next }),
      alert(
        `${brief(a.reason, 250)}; ${failure.step} of the rollback waits for room, and the app is down: ${reason}`,
        next
      )
    )
  }
  return again && isPerformed(failure.step)
    ? tryAgain(a, failure.step)
    : { _tag: "Wait", why: a.waiting.reason, next: a.waiting.next }
}
