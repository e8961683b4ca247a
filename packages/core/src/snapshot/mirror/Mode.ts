/** The two ways to bring a mirror up to date, and how each runs programs. */
import { run, type ToolOptions } from "../../process/Tool.ts"

/** `beside`: the app runs, and comes first. `quiet`: the app is down and waits. */
export type Mode = "beside" | "quiet"

const idle = ["-n", "19", "ionice", "-c", "3"]

/** Runs a program with the priority of the mode. */
export const runAt = (mode: Mode, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  mode === "beside" ? run("nice", [...idle, tool, ...args], options) : run(tool, args, options)
