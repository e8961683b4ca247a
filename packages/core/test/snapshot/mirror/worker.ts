/** Another process for tests to kill: `worker.ts <mode> <folder>` refreshes the mirror of `mirrorIn(folder)`. */
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import { mirrorIn } from "./mirror.ts"

const [mode = "", folder = ""] = process.argv.slice(2)
writeSync(1, "ready\n")
const { refresh, refreshInParts } = mirrorIn(folder)
await Effect.runPromise(mode === "parts" ? refreshInParts() : refresh(mode === "quiet" ? "quiet" : "beside"))
writeSync(1, "done\n")
