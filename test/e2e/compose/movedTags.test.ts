import { beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { movedTags, renamedTags } from "../movedTags.ts"

vi.setConfig({ testTimeout: 600_000 })

beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

/** Verifies: LAW-2 */
describeCompose("a project whose image is named by a tag", () => {
  it.live(
    "rolls back to the image that ran, also if the tag has moved or is gone on this host",
    () => movedTags("compose"),
    { concurrent: true }
  )

  it.live(
    "rolls back to the image that ran under its former name, and keeps none once it is forgotten",
    () => renamedTags("compose"),
    { concurrent: true }
  )
})
