/** Docker's compose plugin for the tests: the one that `build-compose.sh` made, else what this host's docker has. */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { makeComposeRuntime } from "@lastgood/core/runtime/compose/ComposeRuntime"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execaSync } from "execa"
import { vi } from "vitest"
import { describeNeeding } from "../needing.ts"
import { type TestStack, testStack } from "./testStack.ts"

const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache")
const folder = join(cache, "lastgood-test/compose-2.40.3")
const isBuilt = existsSync(join(folder, "cli-plugins/docker-compose"))

/** What a program needs in its environment to have it. */
export const composeEnv: Readonly<Record<string, string>> = isBuilt ? { DOCKER_CONFIG: folder } : {}

/** What this host lacks; null: nothing. */
const whyNoCompose = (): string | null => {
  const ask = (...args: ReadonlyArray<string>) =>
    execaSync("docker", args, { reject: false, timeout: 20_000, env: composeEnv })
  if (ask("version").failed) return "no Docker engine answers"
  return ask("compose", "version").failed ? "docker compose is not there (test/docker/build-compose.sh)" : null
}

/** Like `describe`, over the real `docker compose`. */
export const describeCompose = (name: string, body: () => void): void => {
  // Each test has a project of its own, and mostly waits for the engine. Not more: each takes one of the engine's networks.
  vi.setConfig({ maxConcurrency: 3 })
  describeNeeding("LASTGOOD_TEST_DOCKER", whyNoCompose(), name, body)
}

/** @param more further variables of the environment that it runs in */
export const composeRuntime = (more: Readonly<Record<string, string>> = {}): Effect.Effect<Runtime> => {
  const env = { PATH: process.env["PATH"] ?? "", ...composeEnv, ...more }
  return Effect.provide(makeComposeRuntime, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
}

/** One test of the runtime `compose` on a project of its own. */
export const composeTest = (
  name: string,
  body: (runtime: Runtime, stack: TestStack) => Effect.Effect<void, unknown, Scope.Scope>,
  env?: string
) =>
  it.live(
    name,
    () =>
      Effect.gen(function* () {
        yield* body(yield* composeRuntime(), yield* testStack(env, "compose"))
      }).pipe(Effect.scoped),
    { timeout: 240_000, concurrent: true }
  )
