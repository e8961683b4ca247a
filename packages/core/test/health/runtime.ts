/** A runtime for tests that dies when anything is asked of it which the test did not give. */
import * as Effect from "effect/Effect"
import type { Runtime } from "../../src/runtime/Runtime.ts"

export const runtimeWith = (given: Partial<Runtime>): Runtime => {
  const unasked = () => Effect.die(new Error("not asked for in this test"))
  return {
    kind: "local",
    labels: true,
    available: Effect.succeed({ version: "test" }),
    preflight: unasked,
    declared: unasked,
    prefetch: unasked,
    volumes: unasked,
    createVolume: unasked,
    removeVolume: unasked,
    inspect: unasked,
    undeploy: unasked,
    assertQuiet: unasked,
    deploy: unasked,
    exec: unasked,
    containerState: unasked,
    logs: unasked,
    ...given
  }
}
