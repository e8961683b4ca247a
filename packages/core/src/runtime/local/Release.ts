/** A release for the local runtime: its Procfile and its environment. */
import { lstat } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App, Release } from "../../domain/App.ts"
import { run } from "../../process/Tool.ts"
import { confidentialIn } from "../../secrets/confidential.ts"
import { redact } from "../../secrets/Redact.ts"
import { InvalidRelease } from "../Runtime.ts"
import { environmentFor } from "./Environment.ts"
import { type ProcfileEntry, parseProcfile } from "./Procfile.ts"

const mend = "correct the recipe's Procfile and tag a new version"

const procfile = Effect.fnUntraced(function* (
  release: Release,
  invalid: (reason: string, next: string) => InvalidRelease
) {
  const path = join(release.dir, "Procfile")
  const missing = () => invalid("it has no Procfile", "add one to the recipe: lines of `name: command`")
  yield* Effect.tryPromise({ try: () => lstat(path), catch: missing })
  // Through a link, the message about an invalid line could reveal any file of the host (LAW-13).
  return yield* Effect.mapError(readSmallText(path, { followLinks: false }), ({ message }) =>
    invalid(`its Procfile cannot be read: ${message}`, mend)
  )
})

/** `-n`: the shell parses the command and runs nothing. Some shells quote the command in their error. */
const checkSyntax = (
  { name, command, line }: ProcfileEntry,
  invalid: (reason: string, next: string) => InvalidRelease
) =>
  run("sh", ["-n", "-c", command]).pipe(
    Effect.mapError(({ said }) => {
      const quoted = redact(said.replaceAll(command, "the command"), confidentialIn(command))
      return invalid(`Procfile:${line}: ${name}: ${quoted.slice(0, 300)}`, mend)
    }),
    Effect.asVoid
  )

/** Everything that a deploy needs, checked, so that errors are found while the app still runs (LAW-14). */
export const readRelease = Effect.fn("Local.readRelease")(function* (app: App, release: Release) {
  const invalid = (reason: string, next: string) =>
    new InvalidRelease({ app: app.name, version: release.version, reason, next })
  const text = yield* procfile(release, invalid)
  const entries = yield* Effect.fromResult(Result.mapError(parseProcfile(text), (reason) => invalid(reason, mend)))
  yield* Effect.forEach(entries, (entry) => checkSyntax(entry, invalid), { discard: true })
  const environment = yield* environmentFor(app, release)
  const secrets = [...environment.secrets, ...entries.flatMap(({ command }) => confidentialIn(command))]
  return { entries, environment: { ...environment, secrets } }
})
