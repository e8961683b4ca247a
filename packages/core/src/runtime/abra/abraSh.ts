/**
 * `abra.sh` of a recipe: abra passes its exports (`PG_BACKUP_VERSION=v6`) to the compose files. lastgood never runs it.
 */
import { join } from "node:path"
import { parseEnv } from "node:util"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { Release } from "../../domain/App.ts"

/** The lines `export NAME=value`. Everything else in the file are commands that only abra runs. */
export const exportsIn = (text: string): Readonly<Record<string, string>> => {
  const lines = text.split("\n").filter((line) => /^export\s+[A-Za-z_]\w*=/.test(line))
  return Object.fromEntries(Object.entries(parseEnv(lines.join("\n"))).map(([name, value]) => [name, value ?? ""]))
}

/** The exports of a release's `abra.sh`; empty if there is none. Fails with a message about the file. */
export const readExports = (release: Release): Effect.Effect<Readonly<Record<string, string>>, Error> =>
  readSmallText(join(release.dir, "abra.sh")).pipe(
    Effect.map(exportsIn),
    Effect.catch((error) => ("code" in error && error.code === "ENOENT" ? Effect.succeed({}) : Effect.fail(error)))
  )
