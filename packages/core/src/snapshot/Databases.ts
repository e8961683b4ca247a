/**
 * Detects databases in a volume by the names in a data folder, or by the first bytes of a file. Half of a database is
 * worse than none, so each kind lists its files, and those that its server creates again. Pure.
 */
import { matcher } from "./Glob.ts"

/** A database in a folder. Globs are relative to it. */
export interface FolderKind {
  readonly name: string
  /** Names of files or folders. A folder with all names of one set is a database. */
  readonly marks: ReadonlyArray<ReadonlyArray<string | RegExp>>
  readonly isMember: (path: string) => boolean
}

const kind = (
  name: string,
  marks: FolderKind["marks"],
  members: ReadonlyArray<string>,
  remade: ReadonlyArray<string>
): FolderKind => {
  const [belongs, isRemade] = [matcher(members), matcher(remade)]
  return { name, marks, isMember: (path) => belongs(path) && !isRemade(path) }
}

const everything = ["**"]

export const folderKinds: ReadonlyArray<FolderKind> = [
  kind(
    "PostgreSQL",
    [
      ["PG_VERSION", "base"],
      ["PG_VERSION", "global"]
    ],
    ["PG_VERSION", "*.conf", "base", "base/**", "global", "global/**", "pg_*", "pg_*/**"],
    // pg_basebackup omits the same: the folders must exist, but not their content.
    [
      "pg_log",
      ...["dynshmem", "log", "notify", "replslot", "serial", "snapshots", "stat_tmp", "subtrans"].map(
        (part) => `pg_${part}/**/*`
      ),
      "**/pgsql_tmp*",
      "**/pgsql_tmp*/**",
      "**/pg_internal.init*"
    ]
  ),
  kind(
    "PostgreSQL tablespace",
    [[/^PG_[\d.]+_\d{9}$/]],
    ["PG_*_*", "PG_*_*/**"],
    ["**/pgsql_tmp*", "**/pgsql_tmp*/**"]
  ),
  kind("MySQL or MariaDB", [["ibdata1"], ["mysql.ibd"], ["aria_log_control"]], everything, [
    "*.err",
    "*.pid",
    "*slow.log",
    "ibtmp*",
    "#innodb_temp/**",
    "ib_buffer_pool",
    "*_upgrade_info",
    "debian-*.flag",
    "lost+found"
  ]),
  kind("MongoDB", [["WiredTiger", "WiredTiger.wt"]], everything, [
    "mongod.lock",
    "WiredTiger.lock",
    "diagnostic.data",
    "diagnostic.data/**",
    "_tmp/**",
    "*.log"
  ]),
  kind(
    "Redis",
    [["dump.rdb"], ["appendonlydir"], ["appendonly.aof"]],
    ["dump.rdb", "appendonly.aof", "appendonlydir", "appendonlydir/**"],
    ["appendonlydir/temp-*"]
  ),
  kind("LMDB", [["data.mdb"]], ["data.mdb"], []),
  kind("LevelDB or RocksDB", [["CURRENT", /^MANIFEST-\d+$/]], everything, ["LOG", "LOG.old*", "LOCK"])
]

/** Whether a name may identify a database folder. */
export const isMark = (name: string): boolean =>
  folderKinds.some(({ marks }) => marks.some((set) => set.some((mark) => isMarkedBy(mark, name))))

const isMarkedBy = (mark: string | RegExp, name: string): boolean =>
  typeof mark === "string" ? mark === name : mark.test(name)

/** The databases whose data folder a folder is, by the names in it. */
export const kindsOf = (names: ReadonlySet<string>): ReadonlyArray<FolderKind> =>
  folderKinds.filter(({ marks }) =>
    marks.some((set) => set.every((mark) => [...names].some((name) => isMarkedBy(mark, name))))
  )

/** A database in one file, with companion files. */
export interface FileKind {
  readonly name: string
  readonly isHeader: (bytes: Buffer) => boolean
  /** Suffixes of the companions: their content that is not yet in the file would be lost without them. */
  readonly beside: ReadonlyArray<string>
}

export const headerBytes = 32

const startsWith =
  (text: string, at = 0) =>
  (bytes: Buffer): boolean =>
    bytes.subarray(at, at + text.length).equals(Buffer.from(text, "latin1"))

export const fileKinds: ReadonlyArray<FileKind> = [
  { name: "SQLite", isHeader: startsWith("SQLite format 3\0"), beside: ["-wal", "-journal"] },
  { name: "DuckDB", isHeader: startsWith("DUCK", 8), beside: [".wal"] },
  { name: "bbolt", isHeader: startsWith("\xed\xda\x0c\xed", 16), beside: [] },
  { name: "H2", isHeader: startsWith("H:2,"), beside: [] }
]

export const besides: ReadonlyArray<string> = fileKinds.flatMap(({ beside }) => beside)

/** These databases write whole pages of at least 512 bytes, so most other files need not be opened. */
export const mayBeDatabase = (size: number): boolean => size >= 512 && size % 512 === 0

export const fileKindOf = (header: Buffer): FileKind | null =>
  fileKinds.find(({ isHeader }) => isHeader(header)) ?? null
