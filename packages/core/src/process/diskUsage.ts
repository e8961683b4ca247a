/** The space that something takes on the disk, for people. */
import * as Effect from "effect/Effect"
import { run } from "./Tool.ts"

/** Bytes, without what this user may not read; null: nothing is there, or it takes longer to tell. */
export const diskUsage = (path: string, timeoutMs: number): Effect.Effect<number | null> =>
  run("du", ["--summarize", "--block-size=1", "--", path], { timeoutMs, codes: [0, 1] }).pipe(
    Effect.map(({ stdout }) => (/^\d+/.test(stdout) ? Number.parseInt(stdout, 10) : null)),
    Effect.orElseSucceed(() => null)
  )
