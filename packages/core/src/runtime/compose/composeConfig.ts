/** What `docker compose config` makes of a project: remembered for a few seconds, because each step of an attempt reads it. */
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import { fileSignature } from "../../disk/fileSignature.ts"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import type { RuntimeError } from "../Runtime.ts"
import { type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectSource, sourceEnv, sourceFlags } from "./source.ts"

/**
 * The resolved project, whatever the exit code of `docker compose config` was.
 *
 * @param docker - The client of the operation that asks.
 * @param source - The files and the env file; each is looked at again every time.
 */
export type ComposeConfig = (
  docker: Docker,
  app: App,
  source: ProjectSource
) => Effect.Effect<ComposeOutput, RuntimeError>

/**
 * Files that the named ones include are not looked at again, so nothing is remembered for longer than the steps of one
 * attempt are apart. In a release nothing changes.
 */
const timeToLive = "10 seconds"
const capacity = 64

export const makeComposeConfig: Effect.Effect<ComposeConfig> = Effect.gen(function* () {
  const answers = yield* Cache.make<string, ComposeOutput>({
    capacity,
    timeToLive,
    lookup: () => Effect.die("answers are set, never looked up")
  })
  return Effect.fn("Compose.config")(function* (docker: Docker, app: App, source: ProjectSource) {
    const args = [...sourceFlags(source), "config", "--format", "json"]
    const env = sourceEnv(source, app)
    const files = source.envFile === null ? source.files : [...source.files, source.envFile]
    const key = JSON.stringify([app.stack, args, env, yield* Effect.forEach(files, fileSignature)])
    const known = yield* Cache.getOption(answers, key)
    if (known._tag === "Some") return known.value
    const answer = yield* composeTool(docker, app.stack, args, { env })
    // A failure is asked about again: what it complains of may have been repaired in a file that is only included.
    if (answer.code === 0) yield* Cache.set(answers, key, answer)
    return answer
  })
})
