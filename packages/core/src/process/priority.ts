/** Work that the app and its users come before. */
import { getPriority } from "node:os"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { run, ToolFailed, type ToolOptions } from "./Tool.ts"

/**
 * `low`: gives way. `idle`: takes the disk only when nothing else wants it. Neither has the lowest priority of the processor,
 * 19, which gets almost nothing on a busy host: a step of an attempt waits for the work.
 */
export type Priority = "normal" | "low" | "idle"

const ionice: Readonly<Record<Exclude<Priority, "normal">, ReadonlyArray<string>>> = {
  low: ["-c", "2", "-n", "7"],
  idle: ["-c", "3"]
}

/** Work whose programs get the normal priority once somebody waits for it. */
export interface Raisable {
  isRaised: boolean
  /** The process groups of its programs that run at another one. */
  readonly groups: Set<number>
}

export const makeRaisable = (): Raisable => ({ isRaised: false, groups: new Set() })

/** The work that a program belongs to. */
export const Raised = Context.Reference<Raisable>("lastgood/process/Raised", { defaultValue: makeRaisable })

/** Gives the normal priority to all programs of a work: those that run, and those that it starts later. */
export const raise = (work: Raisable): Effect.Effect<void> =>
  Effect.suspend(() => {
    work.isRaised = true
    // One may end meanwhile, and another program get its pid.
    const raiseIfThere = (group: number) =>
      Effect.suspend(() => (work.groups.has(group) ? raiseGroup(group) : Effect.void))
    return Effect.forEach([...work.groups], raiseIfThere, { discard: true })
  })

/** To the priority of lastgood itself. If that fails, the work is only slower. */
const raiseGroup = (group: number) =>
  Effect.all(
    [
      Effect.ignore(run("renice", ["-n", `${getPriority()}`, "-g", `${group}`])),
      Effect.ignore(run("ionice", ["-c", "0", "-P", `${group}`]))
    ],
    { concurrency: 2, discard: true }
  )

export const runAt = (priority: Priority, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  Effect.gen(function* () {
    const { groups, isRaised } = yield* Raised
    if (priority === "normal" || isRaised) return yield* run(tool, args, options)
    let group = 0
    const onStart = (pid: number) => {
      group = pid
      groups.add(pid)
    }
    return yield* run("nice", ["-n", "10", "ionice", ...ionice[priority], tool, ...args], { ...options, onStart }).pipe(
      Effect.ensuring(Effect.sync(() => groups.delete(group))),
      // These replace themselves by the tool: it is what ended.
      Effect.mapError((error) => (error.notFound ? error : new ToolFailed({ ...error, tool, args: [...args] })))
    )
  })
