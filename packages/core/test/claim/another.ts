/** Another process that asks for the claim. It, and the tool that it runs, end with the test, also when they are stopped. */
import { execFileSync, spawn } from "node:child_process"
import { join } from "node:path"
import * as Effect from "effect/Effect"

const script = join(import.meta.dirname, "holder.ts")
const interpreter = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : []

/** Programs of this name that a process started. */
export const childrenOf = (pid: number, name = "sleep"): ReadonlyArray<number> => {
  try {
    const pids = execFileSync("pgrep", ["--parent", String(pid), name], { encoding: "utf8" })
    return pids.trim().split("\n").map(Number)
  } catch {
    return []
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended.
  }
}

const start = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) => {
  const child = spawn(process.execPath, [...interpreter, script, ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"]
  })
  const pid = child.pid ?? 0
  const tools = new Set<number>()
  // Deno notes any signal that was sent as the one that ended it: only the event tells that it has ended.
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const notingTools = <A>(value: A): A => {
    for (const tool of childrenOf(pid)) tools.add(tool)
    return value
  }
  const said = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(notingTools(text.trim())))
    child.once("exit", () => resolve("ended without a word"))
  })
  const killed = Effect.promise(() => {
    kill(pid)
    return ended
  })
  return { pid, said, killed, killTools: Effect.sync(() => [...tools].forEach(kill)) }
}

/**
 * @param args of `holder.ts`.
 * @returns once it said its first words.
 */
export const another = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env) =>
  Effect.gen(function* () {
    const { pid, said, killed } = yield* Effect.acquireRelease(
      Effect.sync(() => start(args, env)),
      (process) => Effect.andThen(process.killed, process.killTools)
    )
    return {
      pid,
      said: yield* Effect.promise(() => said),
      kill: killed,
      send: (name: NodeJS.Signals) => Effect.sync(() => process.kill(pid, name))
    }
  })
