/** The two ways to bring a mirror up to date, and how each runs programs. */
import { run, type ToolOptions } from "../../../process/Tool.ts"

/** `beside`: the app runs, and comes first. `quiet`: the app is down and waits. */
export type Mode = "beside" | "quiet"

/** The lowest priority, 19, would get almost no processor time on a busy host, and the upgrade waits for this. */
const low = ["-n", "10", "ionice", "-c", "3"]

/** Runs a program with the priority of the mode. */
export const runAt = (mode: Mode, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  mode === "beside" ? run("nice", [...low, tool, ...args], options) : run(tool, args, options)
