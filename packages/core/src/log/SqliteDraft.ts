/**
 * Creates a log under a temporary name and links it to its path when it is complete: a log exists completely or not at
 * all.
 */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { syncNow } from "../disk/inPlace.ts"
import type { StoreUnavailable } from "./EventStore.ts"
import { attempt } from "./SqliteFailure.ts"
import { formatVersion, schema } from "./SqliteSchema.ts"

const suffixes = ["", "-wal", "-shm", "-journal"]

/** A killed process leaves its draft behind. A draft that was not written to for an hour is abandoned. */
const abandonedMs = 60 * 60 * 1000

const removeDraft = (draft: string) => {
  for (const suffix of suffixes) fs.rmSync(draft + suffix, { force: true })
}

const removeAbandoned = (path: string, draft: string) => {
  const now = fs.statSync(draft).mtimeMs
  for (const name of fs.readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.new-`)) continue
    const file = join(dirname(path), name)
    const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs
    if (written !== undefined && now - written > abandonedMs) fs.rmSync(file, { force: true })
  }
}

/**
 * A draft of the log for a path, deleted when `use` ends. Mode 0600 before SQLite opens it: the -wal and -shm take its
 * mode.
 */
export const withDraft = <A, E, R>(
  path: string,
  use: (draft: string) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | StoreUnavailable, R> =>
  Effect.acquireUseRelease(
    attempt(path, () => {
      const draft = `${path}.new-${randomUUID()}`
      fs.closeSync(fs.openSync(draft, "wx", 0o600))
      removeAbandoned(path, draft)
      return draft
    }),
    use,
    (draft) => Effect.sync(() => removeDraft(draft))
  )

/** Creates the tables, with SQLite's default journal, which is a single file, until the draft is published. */
export const begin = (draft: string, storeId: string): DatabaseSync => {
  const db = new DatabaseSync(draft)
  try {
    db.exec("PRAGMA synchronous = FULL")
    db.exec(schema)
    db.prepare("INSERT INTO meta (one, format_version, store_id) VALUES (1, ?, ?)").run(formatVersion, storeId)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** @returns false: another process has created a log there in the meantime. */
export const publish = (draft: string, path: string): Effect.Effect<boolean, StoreUnavailable> =>
  attempt(path, () => {
    syncNow(draft)
    fs.linkSync(draft, path)
  }).pipe(
    Effect.as(true),
    Effect.catchIf(
      () => fs.existsSync(path),
      () => Effect.succeed(false)
    ),
    Effect.tap(() => attempt(path, () => syncNow(dirname(path))))
  )
