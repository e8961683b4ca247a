/** One test of the runtime `swarm` on a stack of its own. */
import { it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type TestStack, testStack } from "./testStack.ts"

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
    240_000
  )

export const dockerLines = (...args: ReadonlyArray<string>) =>
  Effect.map(run("docker", args), ({ stdout }) => stdout.split("\n").filter((line) => line !== ""))

export const kinds = (hazards: ReadonlyArray<{ readonly kind: string }>) => [
  ...new Set(hazards.map(({ kind }) => kind))
]

/** Polls until it holds; otherwise fails with the message, which therefore says what did not happen. */
export const waitUntil = <E>(message: string, holds: Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    const end = (yield* Clock.currentTimeMillis) + 20_000
    while (!(yield* holds)) {
      if ((yield* Clock.currentTimeMillis) > end) return yield* Effect.die(new Error(message))
      yield* Effect.sleep("100 millis")
    }
  })
