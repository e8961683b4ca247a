/**
 * The key of an app's fingerprints: `<app>/fingerprint.key`, readable only for the owner. Commands that change the app
 * (`deploy`, `promote`) create it, under the claim; `status` and the like only read it.
 */
import { randomBytes } from "node:crypto"
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { replaceFile } from "../disk/replaceFile.ts"
import type { App } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"

export const keyFile = (app: Pick<App, "dir">): string => join(app.dir, "fingerprint.key")

const pattern = /^[0-9a-f]{64}\n?$/

/** null: there is none, or this user may not read it. */
export const readKey = (app: Pick<App, "dir">): Effect.Effect<string | null> =>
  Effect.promise(() =>
    readFile(keyFile(app), "utf8").then(
      (text) => (pattern.test(text) ? text.trim() : null),
      () => null
    )
  )

/**
 * Creates the key if there is no usable one. Never fails: on a full disk an app must still come back, and an unknown
 * fingerprint is reported as unknown. null: the key could not be written.
 */
export const ensureKey = Effect.fn("Fingerprint.ensureKey")(function* (app: Pick<App, "dir">) {
  const known = yield* readKey(app)
  if (known !== null) return known
  const made = randomBytes(32).toString("hex")
  return yield* Effect.tryPromise({
    try: () => mkdir(app.dir, { recursive: true, mode: 0o700 }),
    catch: asError
  }).pipe(
    Effect.andThen(replaceFile(keyFile(app), `${made}\n`, 0o600)),
    Effect.as(made),
    Effect.catch(({ message }) =>
      Effect.as(Effect.logWarning(`manual changes will not be detected before the next deploy: ${message}`), null)
    )
  )
})
