/** The output of `docker compose config`, cached for a few seconds: every step of an attempt reads the same project. */
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import { fileSignature } from "../../disk/fileSignature.ts"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App } from "../../domain/App.ts"
import type { RuntimeError } from "../Runtime.ts"
import { type ComposeClient, type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectSource, sourceEnv, sourceFlags } from "./source.ts"

/**
 * Returns the output of `docker compose config`, whatever its exit code.
 *
 * @param docker the client of the current operation.
 * @param source the compose files and the env file. A change to any of them, or to the environment, bypasses the cache.
 */
export type ComposeConfig = (
  docker: ComposeClient,
  app: App,
  source: ProjectSource
) => Effect.Effect<ComposeOutput, RuntimeError>

const timeToLive = "10 seconds"
/** Each entry may contain secrets, and remains until another one takes its place. */
const capacity = 16

/**
 * Keys that name other files, which are not part of the cache key and may be new, with new secrets (LAW-12). Searched as
 * words, because a path may come from a variable.
 */
const otherFiles = /\b(?:include|extends|env_file|label_file)\b/

const readsOtherFiles = ({ files }: ProjectSource): Effect.Effect<boolean> =>
  Effect.forEach(files, (file) => Effect.orElseSucceed(readSmallText(file), () => null)).pipe(
    Effect.map((texts) => texts.some((text) => text === null || otherFiles.test(text)))
  )

export const makeComposeConfig: Effect.Effect<ComposeConfig> = Effect.gen(function* () {
  const outputs = yield* Cache.make<string, ComposeOutput>({
    capacity,
    timeToLive,
    lookup: () => Effect.die("entries are set, never looked up")
  })
  return Effect.fn("Compose.config")(function* (docker: ComposeClient, app: App, source: ProjectSource) {
    const args = [...sourceFlags(source), "config", "--format", "json"]
    const env = sourceEnv(source, app)
    const files = source.envFile === null ? source.files : [...source.files, source.envFile]
    // Signed before they are read: a file that changes meanwhile has another key afterwards.
    const key = JSON.stringify([app.stack, args, env, yield* Effect.forEach(files, fileSignature)])
    const cached = yield* Cache.getOption(outputs, key)
    if (cached._tag === "Some") return cached.value
    const output = yield* composeTool(docker, app.stack, args, { env })
    // A failure is never cached: its cause may be repaired where the key does not show it.
    if (output.code === 0 && !(yield* readsOtherFiles(source))) yield* Cache.set(outputs, key, output)
    return output
  })
})
