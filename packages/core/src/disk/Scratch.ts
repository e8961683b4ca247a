/** A temporary folder (0700) for a tool's output that is too long for memory, removed when the scope closes. */
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { io } from "./io.ts"

const staleAfterMs = 3_600_000

/**
 * Left by a killed lastgood: its process does not exist. A recent one may belong to another container that shares /tmp.
 */
const isStale = async (folder: string, name: string, now: number): Promise<boolean> => {
  const pid = /^lastgood-scratch-(\d+)-/.exec(name)?.[1]
  if (pid === undefined) return false
  const alive = await fs.stat(`/proc/${pid}`).then(
    () => true,
    () => false
  )
  const stat = await fs.lstat(join(folder, name))
  return !alive && stat.isDirectory() && stat.uid === process.getuid?.() && stat.mtimeMs < now - staleAfterMs
}

const clearStale = (now: number) =>
  Effect.ignore(
    io("clear", tmpdir(), async () => {
      for (const name of await fs.readdir(tmpdir())) {
        if (await isStale(tmpdir(), name, now)) await fs.rm(join(tmpdir(), name), { recursive: true, force: true })
      }
    })
  )

const make = Effect.gen(function* () {
  yield* clearStale(yield* Clock.currentTimeMillis)
  return yield* io("make folder in", tmpdir(), () => fs.mkdtemp(join(tmpdir(), `lastgood-scratch-${process.pid}-`)))
})

export const scratchFolder = Effect.acquireRelease(make, (folder) =>
  Effect.ignore(io("remove", folder, () => fs.rm(folder, { recursive: true, force: true })))
)
