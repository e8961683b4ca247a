/**
 * Whether finishing the attempt in flight already carries out a request. An operator whose command was interrupted repeats
 * it and means the same attempt: a resumed rollback must not be followed by a second one to an even older version. Pure.
 */
import { kindOf } from "../domain/Attempt.ts"
import type { AppState } from "../domain/State.ts"
import type { Drift } from "../domain/World.ts"
import type { Finishing, Unobserved } from "./Request.ts"

/** The state still has the attempt in flight. */
export const isAnswered = ({ attempt, snapshots }: AppState, request: Finishing): boolean => {
  if (attempt === null) return false
  const kind = kindOf(attempt)
  const back = attempt.direction === "back" && attempt.of === null ? attempt : null
  switch (request._tag) {
    case "Snapshot":
      return kind === "snapshot"
    case "Stop":
      return kind === "stop"
    case "Remove":
      return kind === "remove" && (!request.data || attempt.plan.includes("erase"))
    case "Promote":
      return request.teardown && kind === "promote" && !attempt.plan.includes("deploy")
    case "Rollback":
      return (
        back !== null &&
        (request.snapshot === null ? back.attempted?.version !== back.to?.version : request.snapshot === back.snapshot)
      )
    case "Restore":
      return back !== null && back.snapshot === (request.snapshot ?? snapshots.at(-1)?.id)
    case "Upgrade":
    case "Deploy":
    case "Start":
    case "Try":
    case "Resume":
    case "Hold":
    case "Release":
    case "Approve":
    case "Withdraw":
    case "Retry":
    case "Acknowledge":
      return false
  }
}

/** Whether the request decides about drift, so that the attempt in flight is abandoned (LAW-16). */
export const decides = (request: Exclude<Finishing, Unobserved>, { kind }: Pick<Drift, "kind">): boolean => {
  switch (request._tag) {
    case "Promote":
      return kind !== "data-missing" || request.withoutData === true
    case "Deploy":
      return kind === "drift" || request.withoutData === true
    case "Start":
      return kind === "drift"
    case "Rollback":
    case "Restore":
      return true
    case "Upgrade":
    case "Snapshot":
    case "Stop":
    case "Remove":
    case "Try":
    case "Approve":
    case "Resume":
      return false
  }
}
