import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** An empty folder by its real path, gone with the scope whatever happened. */
export const temporaryFolder = (parent = tmpdir()) =>
  Effect.acquireRelease(
    Effect.sync(() => realpathSync(mkdtempSync(join(parent, "lastgood-test-")))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
