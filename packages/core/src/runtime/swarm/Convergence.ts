/**
 * Whether a swarm stack matches the release. N of N replicas is not enough: the old task still counts before a
 * stop-first update has begun. `UpdateStatus` is not enough either: `paused` persists for ever, so only the states in
 * progress (`updating`, `rollback_started`) are waited for.
 */
import type { Release } from "../../domain/App.ts"
import { isRestartLoop } from "../../domain/restartLoop.ts"
import { commitLabel } from "../docker/labels.ts"
import { endOf, hasEnded, isWanted, type Service, type Stack, shortName, type Task } from "../docker/stack/Services.ts"
import type { Convergence } from "../docker/untilConverged.ts"

export interface ExpectedTasks {
  readonly stack: string
  readonly services: ReadonlyArray<string>
  readonly commit: Release["commit"]
  /** Earlier tasks, whose ends do not concern this deploy. */
  readonly existedBefore: ReadonlySet<string>
  /** Start of the deploy, in epoch milliseconds. */
  readonly begunAt: number
}

/** @param now epoch milliseconds. */
export const converge = (expected: ExpectedTasks, { services, tasks }: Stack, now: number): Convergence => {
  const byName = new Map(services.map((service) => [shortName(expected.stack, service.Spec.Name), service]))
  const looks = expected.services.map((name) => {
    const service = byName.get(name)
    if (service === undefined) return waiting(`${name}: missing`)
    const own = tasks.filter(({ ServiceID }) => ServiceID === service.ID)
    return lookAt(name, service, own, expected, now)
  })
  const failed = looks.find((look) => look._tag === "Failed")
  if (failed !== undefined) return failed
  const wanted = new Set(expected.services.map((name) => byName.get(name)?.ID))
  const others = tasks.filter((task) => !wanted.has(task.ServiceID) && !hasEnded(task))
  const waitingFor = [
    ...looks.flatMap((look) => (look._tag === "Waiting" ? look.waitingFor : [])),
    ...(others.length > 0 ? [`${others.length} tasks of services that the release does not have`] : [])
  ]
  if (waitingFor.length > 0) return { _tag: "Waiting", waitingFor }
  return { _tag: "Converged", running: looks.flatMap((look) => (look._tag === "Converged" ? look.running : [])) }
}

const waiting = (what: string): Convergence => ({ _tag: "Waiting", waitingFor: [what] })
const failure = (reason: string): Convergence => ({ _tag: "Failed", reason })

const lookAt = (
  name: string,
  service: Service,
  tasks: ReadonlyArray<Task>,
  expected: ExpectedTasks,
  now: number
): Convergence => {
  const update = service.UpdateStatus?.State ?? ""
  if (update === "updating" || update === "rollback_started") return waiting(`${name}: ${update}`)
  if (service.Spec.Labels?.[commitLabel] !== expected.commit) {
    return failure(`${name}: the swarm rolled it back (${service.UpdateStatus?.Message ?? "no reason"})`)
  }
  const current = tasks.filter((task) => isOfSpec(task, service))
  const failures = endsOf(
    service,
    current.filter(({ ID }) => !expected.existedBefore.has(ID))
  )
  const last = failures.toSorted((a, b) => a.Status.Timestamp.localeCompare(b.Status.Timestamp)).at(-1)
  const endedAt = Date.parse(last?.Status.Timestamp ?? "") || now
  const isLoop = isRestartLoop({ times: mostOften(failures), since: endedAt, begunAt: expected.begunAt, now })
  if (last !== undefined && isLoop) {
    return failure(`${name}: ${failures.length} tasks ended, the last: ${endOf(last)}`)
  }
  const old = tasks.filter((task) => !hasEnded(task) && !(isOfSpec(task, service) && isWanted(task)))
  if (old.length > 0) return waiting(`${name}: ${old.length} old tasks are being stopped`)
  const { running, desired, completed } = counts(service, current)
  if (desired !== null && running.length + completed >= desired) {
    return { _tag: "Converged", running: running.map(({ ID }) => ID) }
  }
  // No task should run any more, and the last one did not succeed: its restart policy has given up.
  if (last !== undefined && !current.some(isWanted)) return failure(`${name}: ${endOf(last)}, and it is not restarted`)
  const seen = `${name}: ${running.length}/${desired ?? "?"}`
  return waiting(last === undefined ? seen : `${seen} (${endOf(last)})`)
}

/** Whether a task that succeeds stays ended: in a job, or because of the restart policy. */
const mayEnd = ({ Spec: { Mode, TaskTemplate } }: Service): boolean =>
  Mode.ReplicatedJob !== undefined ||
  Mode.GlobalJob !== undefined ||
  (TaskTemplate.RestartPolicy?.Condition ?? "any") !== "any"

/** Tasks that ended although they should keep running, also with code 0. */
export const endsOf = (service: Service, tasks: ReadonlyArray<Task>): ReadonlyArray<Task> => {
  const bad = ["failed", "rejected", ...(mayEnd(service) ? [] : ["complete"])]
  return tasks.filter(({ Status }) => bad.includes(Status.State))
}

/** The most ends of one replica: each of five may start slowly once. */
export const mostOften = (ends: ReadonlyArray<Task>): number =>
  Math.max(0, ...[...Map.groupBy(ends, ({ NodeID, Slot }) => Slot ?? NodeID)].map(([, own]) => own.length))

/**
 * How many tasks of a service run, should run, and have succeeded for good.
 *
 * @returns `desired` null: not known yet.
 */
export const counts = (service: Service, tasks: ReadonlyArray<Task>) => {
  const { Replicated, ReplicatedJob } = service.Spec.Mode
  const running = tasks.filter((task) => task.Status.State === "running" && isWanted(task))
  const complete = tasks.filter(({ Status }) => Status.State === "complete")
  const completed = mayEnd(service) ? complete.length : 0
  if (Replicated !== undefined) return { running, completed, desired: Replicated.Replicas }
  if (ReplicatedJob !== undefined) return { running, completed, desired: ReplicatedJob.TotalCompletions ?? 1 }
  // Global: the swarm makes one task per eligible node. Before that, their number is not known.
  const made = tasks.filter((task) => isWanted(task) && !complete.includes(task)).length + completed
  return { running, completed, desired: made === 0 ? null : made }
}

/**
 * Whether a task was made from the service's newest spec. The deploy puts the release's commit on every task. Beyond
 * that, every value of the task's spec must equal the service's (`docker service inspect` fills in defaults, so the
 * service may have more values). Only placement may differ: the swarm leaves a task alone when nothing else changed.
 */
export const isOfSpec = (task: Task, service: Service): boolean => {
  const template = service.Spec.TaskTemplate
  const commits = [task.Spec, template].map((spec) => spec.ContainerSpec?.Labels?.[commitLabel])
  return commits[0] === commits[1] && isWithin({ ...task.Spec, Placement: null }, template)
}

const isWithin = (part: unknown, whole: unknown): boolean => {
  if (part === null || part === undefined) return true
  if (typeof part !== "object") return Object.is(part, whole)
  if (whole === null || typeof whole !== "object") return false
  if (Array.isArray(part) || Array.isArray(whole)) {
    const [a, b] = [Object.values(part), Object.values(whole)]
    return a.length === b.length && a.every((item, index) => isWithin(item, b[index]))
  }
  const entries = new Map(Object.entries(whole))
  return Object.entries(part).every(([key, value]) => isWithin(value, entries.get(key)))
}
