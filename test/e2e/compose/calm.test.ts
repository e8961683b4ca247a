import { beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { calmStories } from "../swarm/worldStories.ts"

// Each waits for an engine most of its time, in a world of its own.
vi.setConfig({ testTimeout: 1_200_000, maxConcurrency: 2 })

beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

/** Verifies: LAW-16 */
describeCompose("a compose project that nobody else changes", () => {
  calmStories({ runtime: "compose" })
})
