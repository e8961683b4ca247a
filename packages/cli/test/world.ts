/** A folder with a recipe, a configuration and the real binary, for tests of the command line. Gone with the scope. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdir, readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { git } from "@lastgood/testing/git"
import { processFolder } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"

export interface Ran {
  /** null: a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Listens from now on. Interrupted: it is killed. */
const ended = (child: ChildProcess): Effect.Effect<Ran> => {
  const text = { stdout: "", stderr: "" }
  child.stdout?.on("data", (chunk) => {
    text.stdout += String(chunk)
  })
  child.stderr?.on("data", (chunk) => {
    text.stderr += String(chunk)
  })
  return Effect.callback((resume) => {
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code) => resume(Effect.succeed({ code, ...text })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
}

const config = (recipe: string) => `root: ./root
apps:
  web:
    recipe: ${recipe}
    runtime: local
    volumes: [data]
    health: { deadline: 5s, stableFor: 100ms, interval: 50ms }
`

/** A recipe with one version that runs and a newer one that ends at once. */
export const makeWorld = Effect.fn("makeWorld")(function* () {
  const home = yield* processFolder
  const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
  const write = (path: string, text: string) => Effect.promise(() => writeFile(at(path), text))

  /** Starts the command now; `done` is how it ended. */
  const start = (
    args: ReadonlyArray<string>,
    env: Readonly<Record<string, string>> = {},
    command: readonly [string, ...ReadonlyArray<string>] = lastgoodCommand
  ) => {
    const [file, ...before] = command
    const child = spawn(file, [...before, ...args], {
      cwd: home,
      // The folder in the environment is how `killAll` finds what was started here.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], LASTGOOD_TEST_HOME: home, ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    return {
      pid: child.pid ?? 0,
      isRunning: () => child.exitCode === null && child.signalCode === null,
      stderr: child.stderr,
      // Not `child.kill`: on Deno it says afterwards that the signal ended the process, whatever its exit code was.
      signal: (name: NodeJS.Signals) => process.kill(child.pid ?? 0, name),
      done: ended(child)
    }
  }

  /** Runs the command to its end, each time that the effect is run. */
  const lastgood = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
    Effect.suspend(() => start(args, env).done)

  yield* Effect.promise(() => mkdir(at("recipe")))
  yield* git(at("recipe"), "init", "--quiet", "--initial-branch=main")
  const tag = Effect.fnUntraced(function* (version: string, procfile: string) {
    yield* write("recipe/Procfile", procfile)
    yield* git(at("recipe"), "add", "--all")
    yield* git(at("recipe"), "commit", "--quiet", "--message", version)
    yield* git(at("recipe"), "tag", version)
  })
  yield* tag("1.0.0+1.0.0", "web: exec sleep 1000\n")
  yield* tag("1.1.0+1.0.0", "web: exit 1\n")
  yield* write("lastgood.yaml", config("./recipe"))

  return {
    home,
    at,
    write,
    git: (...args: ReadonlyArray<string>) => git(at("recipe"), ...args),
    start,
    lastgood,
    /** The environment of a run that hangs at a step: `forward/snapshot:before`. */
    hangAt: (where: string) => ({ LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: `${where}:hang` }),
    names: Effect.promise(async () => (await readdir(home)).sort())
  }
})

/** The one JSON document on standard output. */
export const jsonOf = ({ stdout, stderr }: Ran): unknown => {
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`standard output is not one JSON document: ${stdout}\nstandard error: ${stderr}`)
  }
}
