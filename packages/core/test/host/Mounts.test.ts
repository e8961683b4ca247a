/** Which folders are mount points. */
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { isMountPoint } from "../../src/host/Mounts.ts"

describe("a mount point", () => {
  it.effect("is told from other folders, also through a link", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      symlinkSync("/proc", join(folder, "link"))
      assert.isTrue(isMountPoint("/proc"))
      assert.isTrue(isMountPoint(join(folder, "link")))
      assert.isFalse(isMountPoint(folder))
      assert.isFalse(isMountPoint(join(folder, "missing")))
    })
  )
})
