import { beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { dataStories, driftStories } from "../swarm/worldStories.ts"

// Each waits for an engine most of its time, in a world of its own.
vi.setConfig({ testTimeout: 1_200_000, maxConcurrency: 3 })

beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

/** Verifies: LAW-15 */
describeCompose("a compose project without its data", () => {
  dataStories({ runtime: "compose" })
})

/** Verifies: LAW-16 */
describeCompose("a compose project that somebody else changed", () => {
  driftStories({ runtime: "compose" })
})
