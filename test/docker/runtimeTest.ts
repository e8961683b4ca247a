/** One test of the runtime `swarm` on a stack of its own. */
import { it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import { waitUntil as poll } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { vi } from "vitest"
import { type TestStack, testStack } from "./testStack.ts"

// Each has a stack of its own, and mostly waits for the engine. Not more: every project takes one of the engine's networks.
vi.setConfig({ maxConcurrency: 3 })

export const deadline = 60_000

export const withData = { volumes: { data: {} } }

export const runtimeTest = (
  name: string,
  body: (runtime: Runtime, stack: TestStack) => Effect.Effect<void, unknown, Scope.Scope>,
  env?: string
) =>
  it.live(
    name,
    () =>
      Effect.gen(function* () {
        yield* body(yield* makeSwarmRuntime, yield* testStack(env))
      }).pipe(Effect.scoped),
    { timeout: 240_000, concurrent: true }
  )

export const dockerLines = (...args: ReadonlyArray<string>) =>
  Effect.map(run("docker", args), ({ stdout }) => stdout.split("\n").filter((line) => line !== ""))

export const kinds = (hazards: ReadonlyArray<{ readonly kind: string }>) => [
  ...new Set(hazards.map(({ kind }) => kind))
]

export const waitUntil = <E>(message: string, holds: Effect.Effect<boolean, E>) => poll(message, holds, 20_000, 100)
