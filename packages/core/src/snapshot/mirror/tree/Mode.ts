/** The two ways to bring a mirror up to date, and how each runs programs. */
import * as priority from "../../../process/priority.ts"
import type { ToolOptions } from "../../../process/Tool.ts"

/** `beside`: the app runs, and comes first. `quiet`: the app is down and waits. */
export type Mode = "beside" | "quiet"

/** Runs a program with the priority of the mode. */
export const runAt = (mode: Mode, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  priority.runAt(mode === "beside" ? "idle" : "normal", tool, args, options)
