import { beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { movedTags } from "../movedTags.ts"

vi.setConfig({ testTimeout: 600_000 })

beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

/** Verifies: LAW-2 */
describeSwarm("a stack whose image is named by a tag", () => {
  it.live("rolls back to the image that ran, also if the tag has moved or is gone on this host", () =>
    movedTags("swarm")
  )
})
