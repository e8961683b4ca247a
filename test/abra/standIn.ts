/** Runs lastgood with the stand-in as its `abra`. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

const script = join(import.meta.dirname, "abra")

/**
 * A folder with the command `abra`, to be put before the others on the PATH.
 *
 * @param before shell commands that it runs first: `LACKS=--offline`, `STANDIN_HANGS=yes`, or a complaint of its own.
 */
export const abraFolder = (before = "") =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "lastgood-abra-"))
      await writeFile(join(folder, "abra"), `#!/usr/bin/env bash\nset -a\n${before}\nset +a\nexec '${script}' "$@"\n`)
      await chmod(join(folder, "abra"), 0o755)
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )

/** A PATH on which that folder comes first. */
export const pathWith = (folder: string): string => `${folder}:${process.env["PATH"]}`

/** Runs an effect whose configuration is read from this environment. */
export const withEnvironment = (environment: Readonly<Record<string, string>>) =>
  Effect.provideService(
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromEnv({ env: { ...(process.env as Record<string, string>), ...environment } })
  )
