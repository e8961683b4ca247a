/** A release as the local runtime reads it: its Procfile and its environment. */
import { lstat, readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { App, Release } from "../../domain/App.ts"
import { run } from "../../process/Tool.ts"
import { InvalidRelease } from "../Runtime.ts"
import { environmentFor } from "./Environment.ts"
import { type ProcfileEntry, parseProcfile } from "./Procfile.ts"

const mend = "mend the recipe's Procfile and tag a new version"

const procfile = Effect.fnUntraced(function* (
  release: Release,
  invalid: (reason: string, next: string) => InvalidRelease
) {
  const path = join(release.dir, "Procfile")
  const missing = () => invalid("it has no Procfile", "add one to the recipe: lines of `name: command`")
  const found = yield* Effect.tryPromise({ try: () => lstat(path), catch: missing })
  // A link could make the message about a bad line quote any file of the host (LAW-13).
  if (!found.isFile()) return yield* invalid("its Procfile is a link or a folder; expected a file", mend)
  return yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => invalid(`its Procfile cannot be read: ${cause instanceof Error ? cause.message : cause}`, mend)
  })
})

/** `-n`: the shell reads the command and runs nothing of it. */
const checkSyntax = (
  { name, command, line }: ProcfileEntry,
  invalid: (reason: string, next: string) => InvalidRelease
) =>
  run("sh", ["-n", "-c", command]).pipe(
    Effect.mapError((error) => invalid(`Procfile:${line}: ${name}: ${error.said}`, mend)),
    Effect.asVoid
  )

/** Everything that a deploy needs to know, checked: what is wrong is found while the app still runs (LAW-14). */
export const readRelease = Effect.fn("local.readRelease")(function* (app: App, release: Release) {
  const invalid = (reason: string, next: string) =>
    new InvalidRelease({ app: app.name, version: release.version, reason, next })
  const entries = yield* Effect.fromResult(
    Result.mapError(parseProcfile(yield* procfile(release, invalid)), (reason) => invalid(reason, mend))
  )
  yield* Effect.forEach(entries, (entry) => checkSyntax(entry, invalid), { discard: true })
  return { entries, environment: yield* environmentFor(app, release) }
})
