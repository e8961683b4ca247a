import { beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { calmStories, dataStories, driftStories } from "./worldStories.ts"

// Each waits for an engine most of its time, in a world of its own.
vi.setConfig({ testTimeout: 1_200_000, maxConcurrency: 3 })

beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

/** Verifies: LAW-16 */
describeSwarm("a swarm stack that nobody else changes", () => {
  calmStories({ runtime: "swarm" })
})

/** Verifies: LAW-15 */
describeSwarm("a swarm stack without its data", () => {
  dataStories({ runtime: "swarm" })
})

/** Verifies: LAW-16 */
describeSwarm("a swarm stack that somebody else changed", () => {
  driftStories({ runtime: "swarm" })
})
