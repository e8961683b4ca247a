import { beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { gateStories } from "./gateStories.ts"

vi.setConfig({ testTimeout: 300_000 })

/** Verifies: LAW-9, LAW-10 */
describeSwarm("Swarm, the health gate of a version that does not start", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)
  gateStories({})
})
