import { beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { gateStories } from "../swarm/gateStories.ts"

vi.setConfig({ testTimeout: 300_000 })

/** Verifies: LAW-9, LAW-10 */
describeCompose("docker compose, the health gate of a version that does not start", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)
  gateStories({ runtime: "compose" })
})
