/** Work that the app and its users come before. */
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

export const runAt = (priority: Priority, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  priority === "normal"
    ? run(tool, args, options)
    : run("nice", ["-n", "10", "ionice", ...ionice[priority], tool, ...args], options).pipe(
        // These replace themselves by the tool: it is what ended.
        Effect.mapError((error) => (error.notFound ? error : new ToolFailed({ ...error, tool, args: [...args] })))
      )
