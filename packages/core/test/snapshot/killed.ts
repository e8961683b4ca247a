/** A worker process (`worker.ts`) that is killed with SIGKILL in the middle of its work. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { EffectiveApp, Volume } from "../../src/domain/App.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { child, quiet, request, write } from "./fixture.ts"

const worker = fileURLToPath(new URL("worker.ts", import.meta.url))

/** Starts a worker, kills it `after` ms into its work; says whether it had been done by then. */
export const killed = (what: string, folder: string, id: string, after: number, program = worker) =>
  Effect.callback<{ readonly done: boolean; readonly tookMs: number; readonly pid: number }>((resume) => {
    const [command, args] = child(program, [what, folder, id])
    const started = spawn(command, args, {
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "inherit"]
    })
    let out = ""
    let readyAt = 0
    let timer: NodeJS.Timeout | undefined
    started.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString()
      if (readyAt !== 0 || !out.includes("ready")) return
      readyAt = performance.now()
      timer = setTimeout(() => started.kill("SIGKILL"), after)
    })
    started.on("close", (code) => {
      clearTimeout(timer)
      // A worker that fails by itself would make the test one of nothing.
      if (code !== null && code !== 0) return resume(Effect.die(new Error(`the worker of ${what} ${id} failed`)))
      const tookMs = performance.now() - readyAt
      return resume(Effect.succeed({ done: out.includes("done"), tookMs, pid: started.pid ?? 0 }))
    })
    return Effect.sync(() => {
      started.kill("SIGKILL")
    })
  })

/** Volumes whose content says which snapshot it is. */
export const marked = (app: EffectiveApp, volumes: ReadonlyArray<Volume>) =>
  Effect.map(SnapshotStore, (store) => ({
    store,
    mark: (text: string) => {
      for (const volume of volumes) write(volume.path, { marker: text })
    },
    markers: () => volumes.map((volume) => readFileSync(join(volume.path, "marker"), "utf8")),
    take: (id: string) => Effect.andThen(store.refresh(app, volumes), store.capture(app, request(id, volumes))),
    isWhole: (id: string) => Effect.map(store.verify(app, id), ({ problems }) => assert.deepStrictEqual(problems, [])),
    restore: (id: string, attempt: string) =>
      Effect.andThen(store.stage(app, { id, attempt, volumes }), store.swap(app, { ...quiet, id, attempt, volumes }))
  }))

/** Tools that a killed lastgood started. They keep the claim on its app, so no other lastgood works beside them. */
const toolsOf = (pid: number): ReadonlyArray<string> =>
  readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(`LASTGOOD_TOOL_OF=${pid}`)
    } catch {
      return false
    }
  })

/**
 * Waits until they have ended, or ends them, as the next lastgood does: of two tars with a pipe between them, one waits for
 * ever if lastgood was killed before it started the other.
 */
export const toolsEnded = (pid: number, patience = 100): Effect.Effect<void> =>
  Effect.suspend(() => {
    const left = toolsOf(pid)
    if (left.length === 0) return Effect.void
    const ending = Effect.forEach(patience > 0 ? [] : left, (tool) =>
      Effect.ignore(Effect.try(() => process.kill(Number(tool), "SIGKILL")))
    )
    return Effect.andThen(ending, Effect.delay(toolsEnded(pid, Math.max(0, patience - 1)), "20 millis"))
  })
