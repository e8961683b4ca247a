/** One app on the local runtime for one test, in a folder that goes with every process that names it. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EffectiveApp, Release } from "@lastgood/core/domain/App"
import { removeGroups } from "@lastgood/core/runtime/local/Containment"
import { makeLocalRuntime } from "@lastgood/core/runtime/local/LocalRuntime"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { killAll } from "@lastgood/testing/processes"
import { testApp } from "@lastgood/testing/testApp"
import { waitUntil } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"

export interface LocalWorld {
  readonly dir: string
  readonly runtime: Runtime
  readonly app: EffectiveApp
  /** Lays a release's files out. */
  readonly layOut: (version: string, files: Readonly<Record<string, string>>) => Effect.Effect<Release>
  /** A release of one process, `web`, that is this script. */
  readonly web: (version: string, script: string) => Effect.Effect<Release>
  /** Path in the volume `data`. */
  readonly data: (...parts: ReadonlyArray<string>) => string
}

const appIn = (dir: string): EffectiveApp =>
  testApp({
    recipe: join(dir, "recipe"),
    versions: { kind: "tags" },
    recipeName: "recipe",
    envFile: join(dir, "notes.env"),
    deadlines: { prefetchMs: 1000, undeployMs: 10_000, deployMs: 10_000, stallMs: 10_000 },
    dir: join(dir, "root", "notes")
  })

const folder = Effect.acquireRelease(
  Effect.promise(async () => realpath(await mkdtemp(join(tmpdir(), "lastgood-local-")))),
  (path) =>
    Effect.andThen(
      killAll(path),
      Effect.promise(() => {
        removeGroups(appIn(path))
        return rm(path, { recursive: true, force: true })
      })
    )
)

/** @param env content of the app's env file. */
export const localWorld = Effect.fn("localWorld")(function* (env: string) {
  const dir = yield* folder
  const app = appIn(dir)
  yield* Effect.promise(() => writeFile(join(dir, "notes.env"), env, { mode: 0o600 }))
  const layOut = (version: string, files: Readonly<Record<string, string>>) =>
    Effect.promise(async (): Promise<Release> => {
      const recipe = join(app.dir, "releases", version, "recipe")
      await mkdir(recipe, { recursive: true })
      for (const [name, text] of Object.entries(files)) await writeFile(join(recipe, name), text)
      return { version, commit: `commit-of-${version}`, dir: recipe, envFile: app.envFile }
    })
  const world: LocalWorld = {
    dir,
    runtime: yield* makeLocalRuntime,
    app,
    layOut,
    web: (version, script) => layOut(version, { Procfile: "web: exec sh web.sh\n", "web.sh": script }),
    data: (...parts) => join(app.dir, "volumes", "data", ...parts)
  }
  return world
})

export const until = (message: string, holds: Effect.Effect<boolean>, timeoutMs = 10_000) =>
  waitUntil(message, holds, timeoutMs)
