/**
 * A rollback that waits for free space: a full disk must not leave an app down for ever. The attempt stays in flight, and
 * each later run tries the step again. Pure.
 */
import type { Attempt, Back, Failure } from "./Attempt.ts"
import { record } from "./answers.ts"
import { brief } from "./brief.ts"
import type { Advance } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import { advise, nextText } from "./Next.ts"
import { isPerformed, type PerformedStep, rollbackPlan } from "./Plan.ts"

/** The error of a step that found too little free space. */
export const noRoomError = "NoRoom"

/** How often a step without free space is tried in a row. Each later run tries once more. */
export const triesForRoom = 2

/** A full disk in the messages of the kernel, git, tar and the engine. */
const full = /\bENOSPC\b|\bEDQUOT\b|no space left on device|disk quota exceeded/i

const answers: ReadonlyArray<string> = ["HealthFailed", "SnapshotDamaged", "SnapshotMissing"]

/** Whether the step failed for lack of space. An unhealthy app is an answer, whatever it printed. */
export const isForRoom = ({ error, reason }: Pick<Failure, "error" | "reason">): boolean =>
  error === noRoomError || (!answers.includes(error) && full.test(reason))

export const tryAgain = (a: Attempt, step: PerformedStep): Advance => ({
  _tag: "Perform",
  step,
  intent: make("StepStarted", { step, try: (a.current?.try ?? 1) + 1 })
})

/** The remedy of the failure, without "then try again": the attempt continues automatically. */
const nextOf = (app: string, { next }: Failure): string => {
  const free = next === "" ? "free space on that filesystem" : next.replace(/[,;]? then try again$/, "")
  return nextText(
    app,
    advise`${free}; the daemon then continues automatically; without a daemon, run ${{ do: "Reconcile" }}`
  )
}

/**
 * The next action when a step of a rollback still finds too little space after its tries: take the app down if it runs
 * (it would write on, and may be what fills the disk), raise one alert, and wait.
 *
 * @param alert makes the alert; called once.
 * @param again true in a new run: the step is tried again.
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
        `${brief(a.reason, 250)}; the rollback waits for free space at ${failure.step}, and the app is down: ${reason}`,
        next
      )
    )
  }
  return again && isPerformed(failure.step)
    ? tryAgain(a, failure.step)
    : { _tag: "Wait", why: a.waiting.reason, next: a.waiting.next }
}
