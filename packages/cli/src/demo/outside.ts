/** Observes the guestbook from outside: over HTTP, and in its database file. Nothing here asks lastgood. */
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DemoFailed } from "./DemoFailed.ts"

const Page = Schema.Struct({
  version: Schema.String,
  schema: Schema.Int,
  entries: Schema.Array(Schema.Struct({ text: Schema.String }))
})

export interface Seen {
  readonly schema: number
  readonly entries: ReadonlyArray<string>
}

const cannot = (claim: string, expected: string) => (cause: unknown) =>
  new DemoFailed({
    claim,
    expected,
    seen: messageOf(cause),
    next: "run the demo again with --keep <folder> and look at root/guestbook/logs"
  })

/** Asks the running app for its version, its schema and its entries. */
export const readApp = (url: string): Effect.Effect<Seen & { readonly version: string }, DemoFailed> =>
  Effect.tryPromise({
    try: async () => (await fetch(`${url}/entries`, { signal: AbortSignal.timeout(5000) })).json(),
    catch: cannot("the guestbook answers", `an answer to GET ${url}/entries`)
  }).pipe(
    Effect.flatMap((json) =>
      Effect.mapError(
        Schema.decodeUnknownEffect(Page)(json),
        cannot("the guestbook answers with its entries", "version, schema and entries")
      )
    ),
    Effect.map(({ version, schema, entries }) => ({ version, schema, entries: entries.map(({ text }) => text) }))
  )

/** Whether a program listens at the app's address. */
export const isUp = (url: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false
    )
  )

export const sign = (url: string, text: string): Effect.Effect<void, DemoFailed> =>
  Effect.tryPromise({
    try: async () => {
      const response = await fetch(`${url}/entries`, {
        method: "POST",
        body: text,
        signal: AbortSignal.timeout(5000)
      })
      if (response.status !== 201) throw new Error(`status ${response.status}`)
    },
    catch: cannot("the guestbook takes an entry", "status 201")
  })

/** The text of every entry, whose column has another name in each schema. */
const readDatabase = (file: string): Seen => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const { user_version: schema } = db.prepare("PRAGMA user_version").get() ?? {}
    const rows = db.prepare("SELECT * FROM entries ORDER BY id").all()
    return { schema: Number(schema), entries: rows.map((row) => String(row["text"] ?? row["message"])) }
  } finally {
    db.close()
  }
}

/**
 * Reads a copy, because opening a database can write files beside it. The copy excludes the shared memory file of the app's
 * connections.
 */
export const readDataIn = (folder: string): Effect.Effect<Seen, DemoFailed> =>
  Effect.acquireUseRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "lastgood-demo-look-"))),
    (copy) =>
      Effect.tryPromise({
        try: async () => {
          await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith("-shm") })
          return readDatabase(join(copy, "guestbook.db"))
        },
        catch: cannot(`the database in ${folder} can be read`, "a database with entries")
      }),
    (copy) => Effect.promise(() => rm(copy, { recursive: true, force: true }))
  )

const AlertFile = Schema.fromJsonString(
  Schema.Struct({
    outcome: Schema.String,
    attempted: Schema.NullOr(Schema.String),
    last_good: Schema.NullOr(Schema.String),
    recovered: Schema.Boolean,
    why: Schema.String,
    next: Schema.String
  })
)

/** The alerts in a folder, oldest first; empty if there is no folder. */
export const readAlerts = Effect.fn("Demo.readAlerts")(function* (folder: string) {
  const names = yield* Effect.promise(() => readdir(folder).catch(() => []))
  return yield* Effect.forEach(names.sort(), (name) =>
    Effect.tryPromise({ try: () => readFile(join(folder, name), "utf8"), catch: (cause) => cause }).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(AlertFile)),
      Effect.map((alert) => ({ name, ...alert })),
      Effect.mapError(cannot(`the alert ${name} can be read`, "an alert as JSON"))
    )
  )
})

export const readText = (file: string): Effect.Effect<string, DemoFailed> =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: cannot(`${file} can be read`, "a text")
  })
