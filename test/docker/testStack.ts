/** One app on a Docker engine for one test: its releases, and the promise that nothing of it outlives the scope. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EffectiveApp, Release, RuntimeKind } from "@lastgood/core/domain/App"
import { run } from "@lastgood/core/process/Tool"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"

let made = 0

export interface TestStack {
  readonly app: EffectiveApp
  /** Lays a release out on disk: `compose.yml` and other files, and optionally the release's env file. */
  readonly release: (version: string, files: Readonly<Record<string, string>>, env?: string) => Effect.Effect<Release>
}

/** @param env content of the app's env file; none: the app has no env file. */
export const testStack = (env?: string, runtime: RuntimeKind = "swarm") =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<TestStack> => {
      const dir = await mkdtemp(join(tmpdir(), `lastgood-${runtime}-`))
      // The last letter keeps one name from being the beginning of another.
      const stack = `lgt_${process.pid}_${Date.now().toString(36)}_${made++}t`
      const envFile = env === undefined ? null : join(dir, "app.env")
      if (envFile !== null) await writeFile(envFile, env ?? "", { mode: 0o600 })
      const app = testApp({
        name: stack,
        recipe: join(dir, "recipe"),
        versions: { kind: "tags" },
        recipeName: "recipe",
        runtime,
        domain: `${stack}.example.org`,
        stack,
        envFile,
        volumes: [],
        intervalMs: 0,
        gate: { deadlineMs: 10_000, stableForMs: 0, intervalMs: 100, checks: [] },
        snapshot: { keep: 1, filters: {}, asideMs: 0 },
        deadlines: { prefetchMs: 30_000, undeployMs: 60_000, deployMs: 60_000, stallMs: 60_000 },
        dir
      })
      return {
        app,
        release: (version, files, releaseEnv) =>
          Effect.promise(async () => {
            const folder = join(dir, "releases", version)
            for (const [name, text] of Object.entries(files)) {
              await mkdir(join(folder, "recipe", name, ".."), { recursive: true })
              await writeFile(join(folder, "recipe", name), text)
            }
            const own = join(folder, "env")
            if (releaseEnv !== undefined) await writeFile(own, releaseEnv, { mode: 0o600 })
            return {
              version,
              commit: `commit-of-${version}`,
              dir: join(folder, "recipe"),
              envFile: releaseEnv === undefined ? envFile : own
            }
          })
      }
    }),
    ({ app }) => Effect.andThen(Effect.orDie(removeStack(app.stack)), removeFolder(app.dir))
  )

const removeFolder = (dir: string) => Effect.promise(() => rm(dir, { recursive: true, force: true }))

/** Printed ids of everything of one kind that carries the label of the stack (or project), or its name. */
const idsOf = Effect.fnUntraced(function* (stack: string, noun: string, ...flags: ReadonlyArray<string>) {
  const list = (...args: ReadonlyArray<string>) =>
    // An engine without a swarm has no services, and complains.
    Effect.map(run("docker", [noun, "ls", ...flags, ...args], { codes: [0, 1] }), ({ stdout }) =>
      stdout.split("\n").filter(Boolean)
    )
  const labels = ["com.docker.stack.namespace", "com.docker.compose.project"]
  const labelled = (yield* Effect.forEach(labels, (label) =>
    list("--quiet", "--filter", `label=${label}=${stack}`)
  )).flat()
  // The engine's filter for names finds no network of the swarm by a part of its name.
  const named =
    noun === "network"
      ? (yield* list("--format", "{{.ID}} {{.Name}}"))
          .map((line) => line.split(" "))
          .flatMap(([id = "", name = ""]) => (name.startsWith(stack) ? [id] : []))
      : yield* list("--quiet", "--filter", `name=${stack}`)
  return [...new Set([...labelled, ...named])]
})

/** Removes all that carries the stack's name or label; volumes too. Independent of the runtime under test. */
export const removeStack = Effect.fnUntraced(function* (stack: string) {
  const kinds: ReadonlyArray<readonly [noun: string, list: ReadonlyArray<string>, remove: ReadonlyArray<string>]> = [
    ["service", [], []],
    ["container", ["--all"], ["--force", "--volumes"]],
    ["volume", [], ["--force"]],
    ["network", [], []],
    ["secret", [], []],
    ["config", [], []]
  ]
  for (let tries = 0; tries < 100; tries++) {
    let left = 0
    for (const [noun, list, remove] of kinds) {
      const ids = yield* idsOf(stack, noun, ...list)
      left += ids.length
      if (ids.length > 0) yield* run("docker", [noun, "rm", ...remove, ...ids], { codes: [0, 1] })
    }
    if (left === 0) return
    yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 200)))
  }
  return yield* Effect.die(new Error(`the test stack ${stack} does not go away`))
})
