/** The two ways to bring a mirror up to date, and how each runs programs. */
import * as Effect from "effect/Effect"
import * as priority from "../../../process/priority.ts"
import type { ToolOptions } from "../../../process/Tool.ts"
import { Pace } from "./Pace.ts"

/** `beside`: the app runs, and comes first. `quiet`: the app is down and waits. */
export type Mode = "beside" | "quiet"

const unbounded: Pace = { bandwidth: null, ioIdle: false }

/** What the mode may cost the app. */
export const paceAt = (mode: Mode): Effect.Effect<Pace> => (mode === "quiet" ? Effect.succeed(unbounded) : Pace)

/** Runs a program with the priority of the mode. */
export const runAt = (mode: Mode, tool: string, args: ReadonlyArray<string>, options: ToolOptions = {}) =>
  mode === "quiet"
    ? priority.runAt("normal", tool, args, options)
    : Effect.flatMap(Pace, ({ ioIdle }) => priority.runAt(ioIdle ? "idle" : "low", tool, args, options))
