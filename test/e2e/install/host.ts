/**
 * A host to install lastgood on: a container without Node and, by default, without a network, as root. What a test installs is built
 * from the sources, once for the test files that run at the same time.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { execa, execaSync } from "execa"
import { cache, repository } from "../../../build/repository.ts"
import { oneFile } from "../../../build/sea/build.ts"
import { describeNeeding } from "../../needing.ts"

/** The Node of the repository, which runs the scripts that build. */
const node = join(repository, "node_modules/node/bin/node")
const builds = join(cache, "install")

const whyNoEngine = (): string | null => {
  const answer = execaSync("docker", ["version", "--format", "{{.Server.Version}}"], { reject: false, timeout: 20_000 })
  return answer.failed ? "no Docker engine answers" : null
}

/** Like `describe`, with an engine that can run a host. */
export const describeHost = (name: string, body: () => void): void =>
  describeNeeding("LASTGOOD_TEST_DOCKER", whyNoEngine(), name, body)

/** One at a time: the second finds what the first has built. Minutes the first time, with a download of 50 MB. */
export const build = (script: string, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.promise(async (cancelSignal) => {
    await execa("mkdir", ["-p", builds])
    const command = [node, join(repository, "build", script), ...args]
    const { stdout } = await execa("flock", [join(builds, "lock"), ...command], { cancelSignal, stdin: "ignore" })
    return stdout.trim()
  })

export { oneFile }
export const buildOneFile = build("sea/build.ts")

/** @returns the package's path. */
export const buildDeb = (version: string) => build("deb/build.ts", "--version", version, "--quick", "--into", builds)

/** Rebuilt if it exists: the engine keeps its layers. */
export const buildImage = (tag: string, base: string) =>
  build("image/build.ts", "--tag", tag, "--base", base, "--network", "host")

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Host = Effect.Success<ReturnType<typeof makeHost>>

let made = 0

/**
 * Gone when the scope closes.
 *
 * @param options of `docker run`.
 * @param command the first process.
 */
export const makeHost = Effect.fn("makeHost")(function* (
  image: string,
  options: ReadonlyArray<string> = ["--network", "none"],
  command: ReadonlyArray<string> = ["sleep", "infinity"]
) {
  made += 1
  const name = `lgi_${process.pid}_${made}`
  const [entrypoint = "", ...args] = command
  // systemd is an init itself.
  const init = entrypoint === "sleep" ? ["--init"] : []
  const run = ["run", "--detach", "--rm", ...init, "--name", name, ...options, "--entrypoint", entrypoint, image]
  yield* Effect.acquireRelease(
    Effect.promise(() => execa("docker", [...run, ...args])),
    () => Effect.promise(() => execa("docker", ["rm", "--force", "--volumes", name], { reject: false }))
  )
  /** A script of bash's. `env`: added to the environment. */
  const bash = (script: string, env: Readonly<Record<string, string>> = {}): Effect.Effect<Ran> =>
    Effect.promise(async (cancelSignal) => {
      const variables = Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`])
      const { exitCode, stdout, stderr } = await execa("docker", ["exec", ...variables, name, "bash", "-c", script], {
        reject: false,
        stdin: "ignore",
        cancelSignal
      })
      return { code: exitCode ?? null, stdout, stderr }
    })
  /** Fails the test where the script fails. */
  const must = (script: string, env: Readonly<Record<string, string>> = {}): Effect.Effect<string> =>
    Effect.flatMap(bash(script, env), ({ code, stdout, stderr }) =>
      code === 0
        ? Effect.succeed(stdout)
        : Effect.die(new Error(`${script}\nended with ${code}:\n${stdout}\n${stderr}`))
    )
  const write = (path: string, text: string): Effect.Effect<void> =>
    Effect.promise(async () => {
      const script = `mkdir -p "$(dirname "$1")" && cat >"$1"`
      await execa("docker", ["exec", "--interactive", name, "bash", "-c", script, "bash", path], { input: text })
    })
  const copy = (from: string, to: string): Effect.Effect<void> =>
    Effect.promise(async () => void (await execa("docker", ["cp", from, `${name}:${to}`])))
  return { name, bash, must, write, copy }
})
