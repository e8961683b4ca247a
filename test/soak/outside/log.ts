/** The log as docs/on-disk.md describes it, read and checked without a line of lastgood's. */
import { createHash } from "node:crypto"
import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs"
import { backup, DatabaseSync } from "node:sqlite"

export interface Row {
  readonly position: number
  readonly stream: string
  readonly version: number
  readonly event_id: string
  readonly type: string
  readonly schema_version: number
  readonly recorded_at: string
  readonly actor: string
  readonly attempt: string | null
  readonly data: string
  readonly prev_hash: string
  readonly hash: string
}

/** Every event. A log that is not there is empty. */
export const readLog = (file: string): ReadonlyArray<Row> => {
  if (!existsSync(file)) return []
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    db.exec("PRAGMA busy_timeout = 5000")
    return db.prepare("SELECT * FROM events ORDER BY position").all() as unknown as ReadonlyArray<Row>
  } finally {
    db.close()
  }
}

/** A copy of the log as it is at this moment, also while lastgood writes to it. @returns how many events it has. */
export const copyLog = async (file: string, copy: string): Promise<number> => {
  rmSync(copy, { force: true })
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    await backup(db, copy)
  } finally {
    db.close()
  }
  return readLog(copy).length
}

/** Replaces the log by an older copy, as if it was restored from a backup. */
export const goBackTo = (file: string, copy: string): void => {
  for (const end of ["-wal", "-shm"]) rmSync(`${file}${end}`, { force: true })
  copyFileSync(copy, `${file}.restored`)
  renameSync(`${file}.restored`, file)
}

export const dataOf = (row: Row): Readonly<Record<string, unknown>> => JSON.parse(row.data)

/** What is wrong with the chain, the positions and the versions; SQLite's own opinion of the file is asked too. */
export const chainProblems = (file: string, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const versions = new Map<string, number>()
  let prev = "0".repeat(64)
  let position = 0
  for (const row of rows) {
    position += 1
    const version = (versions.get(row.stream) ?? 0) + 1
    versions.set(row.stream, version)
    if (row.position !== position) problems.push(`position ${row.position} follows ${position - 1}`)
    if (row.version !== version) problems.push(`${row.stream}: version ${row.version} follows ${version - 1}`)
    if (row.prev_hash !== prev) problems.push(`position ${row.position}: prev is not the hash before it`)
    const { stream, event_id, type, schema_version, recorded_at, actor, attempt, data } = row
    const hashed = ["lastgood/1", prev, position, stream, version, event_id, type, schema_version, recorded_at, actor]
    const hash = createHash("sha256")
      .update(JSON.stringify([...hashed, attempt, data]))
      .digest("hex")
    if (row.hash !== hash) problems.push(`position ${row.position}: its hash is not that of its content`)
    prev = row.hash
  }
  const db = new DatabaseSync(file, { readOnly: true })
  const [said] = Object.values(db.prepare("PRAGMA integrity_check").get() ?? {})
  db.close()
  return said === "ok" ? problems : [...problems, `SQLite says: ${said}`]
}
