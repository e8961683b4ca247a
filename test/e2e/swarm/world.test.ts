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
describeSwarm("a stack of the swarm that nobody else touches", () => {
  calmStories({ runtime: "swarm" })
})

/** Verifies: LAW-15 */
describeSwarm("a stack of the swarm without its data", () => {
  dataStories({ runtime: "swarm" })
})

/** Verifies: LAW-16 */
describeSwarm("a stack of the swarm that somebody else changed", () => {
  driftStories({ runtime: "swarm" })
})
