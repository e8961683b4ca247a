/**
 * Translates errors of SQLite and the filesystem into the port's errors: what is wrong with the log, and what to do
 * about it.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { advise, nextText } from "../domain/Next.ts"
import { StoreUnavailable } from "./EventStore.ts"

interface Explanation {
  readonly reason: string
  readonly next: string
  readonly busy?: boolean
}

/** How long a statement waits for the transaction of another process. It blocks this process. */
export const busyTimeoutMs = 5000

const full: Explanation = {
  reason: "the disk is full",
  next: "free some space, then try again"
}
export const readOnly: Explanation = {
  reason: "it cannot be written: the filesystem or the file is read-only",
  next: "mount it read-write (`findmnt -T <folder>` names the filesystem, `dmesg` tells why it is read-only), or make the file writable for the user who runs lastgood"
}
const noAccess: Explanation = {
  reason: "this user has no permission to open it, or to write to its folder",
  next: "run lastgood as the user who owns the log (usually root)"
}
const noFolder: Explanation = { reason: "its folder does not exist", next: "create the folder, or choose another root" }
const damaged: Explanation = {
  reason: "the file is damaged: truncated, overwritten or only partly copied",
  next: "keep the file and its -wal for inspection, and restore the log from an export or a backup"
}
const altered: Explanation = {
  reason: "its tables are not the ones that lastgood creates: the file was changed or is damaged",
  next: damaged.next
}
const notALog: Explanation = {
  reason: "the file is not a lastgood log",
  next: "move it away, or choose another root"
}
const busy: Explanation = {
  reason: `another process has been writing to it for ${busyTimeoutMs / 1000} s`,
  next: "try again; if this persists, `fuser` on the file names the process",
  busy: true
}
const inputOutput: Explanation = {
  reason: "the disk reports an input/output error",
  next: nextText(
    null,
    advise`check \`dmesg\` and the disk's health, then try again; \`${{ do: "Verify" }}\` checks what is in the log`
  )
}

/** Extended result code: the shared-memory file could not grow. SQLite calls it an I/O error, but the disk is full. */
const SQLITE_IOERR_SHMSIZE = 4874

/** By result code, or by SQLite's message, because Deno omits the code of some errors. */
const sqliteFailures: ReadonlyArray<{ codes: ReadonlyArray<number>; text: string; explanation: Explanation }> = [
  { codes: [1], text: "no such", explanation: altered },
  { codes: [5, 6], text: "is locked", explanation: busy },
  { codes: [8], text: "readonly database", explanation: readOnly },
  { codes: [11], text: "malformed", explanation: damaged },
  { codes: [13, SQLITE_IOERR_SHMSIZE], text: "disk is full", explanation: full },
  { codes: [14], text: "unable to open database file", explanation: noAccess },
  { codes: [26], text: "not a database", explanation: notALog },
  { codes: [10], text: "disk I/O error", explanation: inputOutput }
]

const systemFailures: Readonly<Record<string, Explanation>> = {
  // A number that lastgood never writes; node:sqlite itself refuses to read it.
  ERR_OUT_OF_RANGE: damaged,
  EACCES: noAccess,
  EEXIST: { reason: "another file appeared in its place", next: "try again" },
  EPERM: noAccess,
  ENOENT: noFolder,
  ENOTDIR: noFolder,
  ENOSPC: full,
  EDQUOT: full,
  EROFS: readOnly,
  EIO: inputOutput
}

const explainSqlite = (error: Error): Explanation => {
  const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0
  const known =
    sqliteFailures.find(({ codes }) => codes.includes(code)) ??
    sqliteFailures.find(({ codes, text }) => codes.includes(code & 0xff) || error.message.includes(text))
  return (
    known?.explanation ?? {
      reason: error.message,
      next: "report this as a bug of lastgood"
    }
  )
}

const explain = (error: unknown): Explanation | null => {
  if (error instanceof SyntaxError) return damaged
  if (!(error instanceof Error) || !Predicate.hasProperty(error, "code") || typeof error.code !== "string") return null
  return error.code === "ERR_SQLITE_ERROR" ? explainSqlite(error) : (systemFailures[error.code] ?? null)
}

export const isDiskFull = (error: StoreUnavailable): boolean => error.reason === full.reason

export const unavailable = (path: string, explanation: Explanation) => new StoreUnavailable({ path, ...explanation })

/**
 * Runs synchronous work on the log's file. An error of SQLite or the system becomes `StoreUnavailable`; any other is a
 * bug, and a defect.
 */
export const attempt = <A>(path: string, work: () => A): Effect.Effect<A, StoreUnavailable> =>
  Effect.try({ try: work, catch: (error) => error }).pipe(
    Effect.catch((error) => {
      if (error instanceof StoreUnavailable) return Effect.fail(error)
      const explanation = explain(error)
      return explanation === null ? Effect.die(error) : Effect.fail(unavailable(path, explanation))
    })
  )
