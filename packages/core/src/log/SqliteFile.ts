/**
 * The file of a SQLite log. It is created completely or not at all, and opened only if it is a log on a suitable
 * filesystem. A file that is not a log of lastgood is never changed.
 */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { isReadOnlyFilesystem } from "../disk/readOnlyFilesystem.ts"
import type { StoreUnavailable } from "./EventStore.ts"
import { isBarred, openBarred } from "./SqliteBarred.ts"
import * as SqliteDraft from "./SqliteDraft.ts"
import { attempt, busyTimeoutMs, readOnly as readOnlyLog, unavailable } from "./SqliteFailure.ts"
import { applicationId, formatVersion } from "./SqliteSchema.ts"

/**
 * Filesystems whose locks or shared memory do not work between processes or hosts, by the magic number of statfs(2).
 * SQLite's WAL is corrupted on them within minutes. Virtual machines and desktop container engines share folders
 * through 9p and virtiofs (which appears as FUSE).
 */
const unsafeFilesystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x65735546, "FUSE or virtiofs"],
  [0x00c36400, "CephFS"],
  [0x0bd00bd0, "Lustre"],
  [0x5346414f, "AFS"],
  [0x786f4256, "a VirtualBox shared folder"]
])

/**
 * The name of a filesystem that is unsuitable for a log; null: the filesystem is suitable.
 *
 * @param type the magic number, signed or unsigned.
 */
export const unsafeFilesystem = (type: number): string | null => unsafeFilesystems.get(type >>> 0) ?? null

/**
 * SQLite before 3.51.3 can corrupt a WAL log that two processes write (a checkpoint that races a commit); 3.50.7 and
 * 3.44.6 have the fix too. With such a SQLite, lastgood uses the rollback journal: as safe, but about eight times
 * slower.
 */
export const hasWalResetBug = (sqliteVersion: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = sqliteVersion.split(".").map(Number)
  if (major !== 3 || minor > 51) return false
  const fixedIn: Readonly<Record<number, number>> = { 51: 3, 50: 7, 44: 6 }
  return patch < (fixedIn[minor] ?? Number.POSITIVE_INFINITY)
}

const single = (db: DatabaseSync, sql: string): string | number => {
  const [value] = Object.values(db.prepare(sql).get() ?? {})
  return typeof value === "number" ? value : String(value)
}

const isWalUnsafe = (db: DatabaseSync) => hasWalResetBug(String(single(db, "SELECT sqlite_version()")))

const refuseFilesystem = (path: string) =>
  attempt(path, () => {
    const name = unsafeFilesystem(fs.statfsSync(dirname(path)).type)
    if (name === null) return
    throw unavailable(path, {
      reason: `it is on ${name}, where file locks between processes do not work`,
      next: "put the root on a local filesystem (ext4, xfs, btrfs, zfs …) or in a volume of the container engine"
    })
  })

const sizeOf = (path: string) => attempt(path, () => fs.statSync(path, { throwIfNoEntry: false })?.size ?? null)

/** Fails for a log that this user may not stat. It exists, so it must never be taken for an empty log. */
export const isThere = (path: string): Effect.Effect<boolean, StoreUnavailable> =>
  Effect.map(sizeOf(path), (size) => size !== null)

/** The journal of a new log. The mode is stored in the file. */
export const preferWal = (db: DatabaseSync): void => {
  if (!isWalUnsafe(db)) db.exec("PRAGMA journal_mode = WAL")
}

const writeEmptyLog = (draft: string) => {
  const db = SqliteDraft.begin(draft, randomUUID())
  try {
    preferWal(db)
  } finally {
    db.close()
  }
}

/** Two processes may create the log at the same time. The link of one of them fails, and both open the same file. */
const create = (path: string): Effect.Effect<void, StoreUnavailable> =>
  SqliteDraft.withDraft(path, (draft) =>
    Effect.andThen(
      attempt(path, () => writeEmptyLog(draft)),
      SqliteDraft.publish(draft, path)
    )
  )

/**
 * Uses WAL where it is safe. The mode only changes from WAL to the rollback journal, never back: another process, with
 * a SQLite that has the bug, may have the log open.
 */
const chooseJournal = (path: string, db: DatabaseSync): void => {
  if (single(db, "PRAGMA journal_mode") === "wal" && !isWalUnsafe(db)) return
  if (single(db, "PRAGMA journal_mode = TRUNCATE") === "truncate") return
  throw unavailable(path, {
    reason: `SQLite ${single(db, "SELECT sqlite_version()")} can damage it while other processes have it open`,
    next: "update Node to 22.22.3, 24.15 or newer, or stop the other lastgood processes first"
  })
}

/**
 * Reads before it writes: the pragmas that change the file run only after the file is known to be a log of a known
 * format.
 */
const configure = (path: string, db: DatabaseSync, readOnly: boolean) => {
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  db.exec("PRAGMA trusted_schema = OFF")
  if (single(db, "PRAGMA application_id") !== applicationId) {
    throw unavailable(path, {
      reason: "the file is a SQLite database, but not a lastgood log",
      next: "move it away, or choose another root"
    })
  }
  const format = single(db, "PRAGMA user_version")
  if (format !== formatVersion) {
    throw unavailable(path, {
      reason: `its format is ${format}; this lastgood reads format ${formatVersion}`,
      next: "use the version of lastgood that wrote it, or a newer one"
    })
  }
  if (readOnly) return
  db.exec("PRAGMA synchronous = FULL")
  chooseJournal(path, db)
}

/** An open log. `replaced`: the path leads to another file by now, so that writes would be lost. */
export interface OpenFile {
  readonly db: DatabaseSync
  readonly replaced: () => boolean
}

const inodeOf = (path: string) => fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

const connect = (path: string, readOnly: boolean) =>
  Effect.acquireRelease(
    attempt(path, () => (readOnly && isBarred(path) ? openBarred(path) : new DatabaseSync(path, { readOnly }))),
    (db) => Effect.sync(() => db.close())
  )

/**
 * Opens the log, and first creates a missing one (unless `readOnly`). Closed with the scope.
 *
 * @param path in an existing folder, on a local filesystem.
 */
export const open = Effect.fnUntraced(function* (
  path: string,
  readOnly: boolean
): Effect.fn.Return<OpenFile, StoreUnavailable, Scope.Scope> {
  yield* refuseFilesystem(path)
  if (!readOnly && isReadOnlyFilesystem(dirname(path))) return yield* unavailable(path, readOnlyLog)
  const size = yield* sizeOf(path)
  if (size === null && !readOnly) yield* create(path)
  // SQLite takes an empty file for a new database. A log is never empty, so this one was truncated.
  if (size === 0) {
    return yield* unavailable(path, {
      reason: "the file is empty: it was truncated, or created by another program",
      next: "restore the log from an export or a backup, or remove the empty file to start a new log"
    })
  }
  const db = yield* connect(path, readOnly)
  yield* attempt(path, () => configure(path, db, readOnly))
  if (!readOnly && isWalUnsafe(db)) {
    yield* Effect.logWarning("this Node's SQLite has the WAL-reset bug: the log uses a slower journal; update Node")
  }
  const inode = yield* attempt(path, () => inodeOf(path))
  return { db, replaced: () => inodeOf(path) !== inode }
})
