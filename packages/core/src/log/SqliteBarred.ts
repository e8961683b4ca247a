/**
 * A log on a read-only filesystem, for commands that only read. SQLite cannot open a WAL database there after the last
 * process closed it: it would have to create the -shm file, and a missing -wal file.
 */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { isReadOnlyFilesystem } from "../disk/readOnlyFilesystem.ts"

const sizeOf = (path: string): number => fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0

/**
 * With a -shm, SQLite opens the log normally: a process may have it open through another mount of the same filesystem,
 * and its locks count. Without one, no process has it open.
 */
export const isBarred = (path: string): boolean =>
  sizeOf(path) > 0 && !fs.existsSync(`${path}-shm`) && isReadOnlyFilesystem(dirname(path))

const pending = ["-wal", "-journal"] as const

/**
 * Events that a crash left in the -wal are part of the log; a half-written transaction in the -journal is not. SQLite
 * handles both in a copy, which only this user can read and which is deleted as soon as it is open.
 */
const openCopy = (path: string): DatabaseSync => {
  const folder = fs.mkdtempSync(join(tmpdir(), "lastgood-log-"))
  try {
    const copy = join(folder, basename(path))
    for (const suffix of ["", ...pending]) {
      if (sizeOf(path + suffix) > 0) fs.copyFileSync(path + suffix, copy + suffix)
    }
    const db = new DatabaseSync(copy)
    // Opens the -wal and the -shm, which SQLite then keeps open.
    db.prepare("SELECT count(*) FROM sqlite_schema").get()
    return db
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Opens a log for which `isBarred` is true. */
export const openBarred = (path: string): DatabaseSync => {
  if (pending.some((suffix) => sizeOf(path + suffix) > 0)) return openCopy(path)
  return new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true })
}
