/**
 * Whether the containers of a project match the release. `docker compose up` ends as soon as they are started, so
 * containers that end at once, or restart again and again, are detected here.
 */

import { isRestartLoop } from "../../domain/restartLoop.ts"
import { type Container, labelOf } from "../docker/containers.ts"
import { commitLabel } from "../docker/labels.ts"
import type { Convergence } from "../docker/untilConverged.ts"
import { isOneOff, serviceOf } from "./projectContainers.ts"

export interface ExpectedContainers {
  /** The number of containers of each service. */
  readonly services: ReadonlyMap<string, number>
  readonly commit: string
  /** The number of restarts of each container before the deploy. */
  readonly restartsBefore: ReadonlyMap<string, number>
  /** Start of the deploy, in epoch milliseconds. */
  readonly begunAt: number
}

export type Fate = "up" | "done" | "failed" | "pending"

/** The fate of a container, judged by its restart policy. */
export const fateOf = ({ State, HostConfig }: Container): Fate => {
  const policy = HostConfig?.RestartPolicy?.Name ?? ""
  const mayEnd = policy === "" || policy === "no" || policy === "on-failure"
  if (State.Status === "running") return "up"
  if (State.Status === "created" && State.Error !== undefined && State.Error !== "") return "failed"
  if (State.Status !== "exited" && State.Status !== "dead") return "pending"
  if (!mayEnd) return "pending"
  return State.ExitCode === 0 ? "done" : "failed"
}

/** Epoch milliseconds; null: it does not run. */
const runsSince = ({ State }: Container): number | null =>
  State.Status === "running" ? Date.parse(State.StartedAt ?? "") || null : null

/** For people: `exited (exit code 3)`. */
export const endOf = ({ State }: Container): string => {
  if (State.Error !== undefined && State.Error !== "") return State.Error
  const hasCode = ["exited", "dead", "restarting"].includes(State.Status)
  return hasCode ? `${State.Status} (exit code ${State.ExitCode})` : State.Status
}

/** @param now epoch milliseconds. */
export const converge = (
  expected: ExpectedContainers,
  containers: ReadonlyArray<Container>,
  now: number
): Convergence => {
  const own = containers.filter((container) => !isOneOff(container))
  const looks = [...expected.services].map(([name, count]) =>
    lookAt(
      name,
      count,
      own.filter((container) => serviceOf(container) === name),
      expected,
      now
    )
  )
  const failed = looks.find((look) => look._tag === "Failed")
  if (failed !== undefined) return failed
  const others = own.filter((container) => !expected.services.has(serviceOf(container)))
  const waitingFor = [
    ...looks.flatMap((look) => (look._tag === "Waiting" ? look.waitingFor : [])),
    ...(others.length > 0 ? [`${others.length} containers of services that the release does not have`] : [])
  ]
  if (waitingFor.length > 0) return { _tag: "Waiting", waitingFor }
  return { _tag: "Converged", running: looks.flatMap((look) => (look._tag === "Converged" ? look.running : [])) }
}

const lookAt = (
  name: string,
  count: number,
  containers: ReadonlyArray<Container>,
  { begunAt, commit, restartsBefore }: ExpectedContainers,
  now: number
): Convergence => {
  const current = containers.filter((container) => labelOf(container, commitLabel) === commit)
  const failed = current.find((container) => fateOf(container) === "failed")
  if (failed !== undefined) return { _tag: "Failed", reason: `${name}: ${endOf(failed)}, and it is not restarted` }
  const restartsOf = ({ Id, RestartCount }: Container) => (RestartCount ?? 0) - (restartsBefore.get(Id) ?? 0)
  const looping = current.find((container) =>
    isRestartLoop({ times: restartsOf(container), since: runsSince(container), begunAt, now })
  )
  if (looping !== undefined) {
    return { _tag: "Failed", reason: `${name}: restarted ${restartsOf(looping)} times, now ${endOf(looping)}` }
  }
  const old = containers.length - current.length
  if (old > 0) return { _tag: "Waiting", waitingFor: [`${name}: ${old} containers of another release`] }
  const up = current.filter((container) => fateOf(container) === "up")
  const done = current.filter((container) => fateOf(container) === "done")
  if (up.length + done.length === count) {
    return { _tag: "Converged", running: up.map(({ Id, State }) => `${Id} ${State.StartedAt ?? ""}`) }
  }
  const [pending] = current.filter((container) => fateOf(container) === "pending")
  const why = pending === undefined ? "" : ` (${endOf(pending)})`
  return { _tag: "Waiting", waitingFor: [`${name}: ${up.length}/${count}${why}`] }
}
