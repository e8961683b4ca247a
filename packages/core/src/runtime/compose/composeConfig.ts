/** The output of `docker compose config`, cached for a few seconds: every step of an attempt reads the same project. */
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import { fileSignature } from "../../disk/fileSignature.ts"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import type { RuntimeError } from "../Runtime.ts"
import { type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectSource, sourceEnv, sourceFlags } from "./source.ts"

/**
 * Returns the output of `docker compose config`, whatever its exit code.
 *
 * @param docker - The client of the current operation.
 * @param source - The compose files and the env file. A change to any of them, or to the environment, bypasses the cache.
 */
export type ComposeConfig = (
  docker: Docker,
  app: App,
  source: ProjectSource
) => Effect.Effect<ComposeOutput, RuntimeError>

/**
 * Files that a compose file includes are not part of the cache key, so an entry lives no longer than the pause between two
 * steps. A release itself never changes.
 */
const timeToLive = "10 seconds"
const capacity = 64

export const makeComposeConfig: Effect.Effect<ComposeConfig> = Effect.gen(function* () {
  const outputs = yield* Cache.make<string, ComposeOutput>({
    capacity,
    timeToLive,
    lookup: () => Effect.die("entries are set, never looked up")
  })
  return Effect.fn("Compose.config")(function* (docker: Docker, app: App, source: ProjectSource) {
    const args = [...sourceFlags(source), "config", "--format", "json"]
    const env = sourceEnv(source, app)
    const files = source.envFile === null ? source.files : [...source.files, source.envFile]
    const key = JSON.stringify([app.stack, args, env, yield* Effect.forEach(files, fileSignature)])
    const cached = yield* Cache.getOption(outputs, key)
    if (cached._tag === "Some") return cached.value
    const output = yield* composeTool(docker, app.stack, args, { env })
    // A failure is never cached: its cause may be repaired in an included file.
    if (output.code === 0) yield* Cache.set(outputs, key, output)
    return output
  })
})
