import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** Creates an empty folder, named by its real path. It is removed when the scope closes. */
export const temporaryFolder = (parent = tmpdir()) =>
  Effect.acquireRelease(
    Effect.sync(() => realpathSync(mkdtempSync(join(parent, "lastgood-test-")))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
