/**
 * How files are looked at. Node hands each operation to a thread, which wakes two threads and costs ten times the operation
 * itself, but a filesystem that does not respond stops only that thread. A look at many files of local filesystems, which
 * respond, runs them at once.
 */
import {
  type BigIntStats,
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync
} from "node:fs"
import * as fs from "node:fs/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { isLocal } from "../host/Mounts.ts"
import { OwnMounts } from "../host/OwnMounts.ts"

/** An open file or folder. */
export interface OpenedFile {
  readonly fd: number
  readonly close: () => Promise<void>
  readonly stat: () => Promise<Stats>
  readonly exactStat: () => Promise<BigIntStats>
  /** @returns how many bytes were read; 0: the file ends here. */
  readonly read: (into: Uint8Array, offset: number, length: number, position: number) => Promise<number>
}

/** Each fails with Node's error. */
export interface Files {
  /** Does not make the caller wait: null: the path itself does not exist. Absent: no file can be looked at in this way. */
  readonly lstatNow?: (path: string) => Stats | null
  readonly exactLstatNow?: (path: string) => BigIntStats | null
  readonly lstat: (path: string) => Promise<Stats>
  readonly exactLstat: (path: string) => Promise<BigIntStats>
  readonly stat: (path: string) => Promise<Stats>
  readonly exactStat: (path: string) => Promise<BigIntStats>
  readonly readlink: (path: string) => Promise<string>
  readonly realpath: (path: string) => Promise<string>
  readonly open: (path: string, flags: number) => Promise<OpenedFile>
  /** What is in a folder, in no order. */
  readonly entries: (path: string) => AsyncIterable<Dirent>
}

const onThreads: Files = {
  lstat: (path) => fs.lstat(path),
  exactLstat: (path) => fs.lstat(path, { bigint: true }),
  stat: (path) => fs.stat(path),
  exactStat: (path) => fs.stat(path, { bigint: true }),
  readlink: (path) => fs.readlink(path),
  realpath: (path) => fs.realpath(path),
  open: async (path, flags) => {
    const handle = await fs.open(path, flags)
    return {
      fd: handle.fd,
      close: () => handle.close(),
      stat: () => handle.stat(),
      exactStat: () => handle.stat({ bigint: true }),
      read: async (...where) => (await handle.read(...where)).bytesRead
    }
  },
  entries: async function* (path) {
    yield* await fs.opendir(path)
  }
}

const entriesAtOnce = 256

/** The size of a folder itself, which grows with the number of its entries: a few hundred. */
const smallFolderBytes = 4096

/** To open a folder for reading it bit by bit takes longer than to read all of a small one. */
const entriesNow = function* (path: string): Generator<Dirent> {
  if (statSync(path).size <= smallFolderBytes) return yield* readdirSync(path, { withFileTypes: true })
  const folder = opendirSync(path)
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry
  } finally {
    folder.closeSync()
  }
}

/** For files of local filesystems: the process waits. */
export const atOnce: Files = {
  // A missing file is not an error here: making one costs ten times the look.
  lstatNow: (path) => lstatSync(path, { throwIfNoEntry: false }) ?? null,
  exactLstatNow: (path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null,
  lstat: async (path) => lstatSync(path),
  exactLstat: async (path) => lstatSync(path, { bigint: true }),
  stat: async (path) => statSync(path),
  exactStat: async (path) => statSync(path, { bigint: true }),
  readlink: async (path) => readlinkSync(path),
  realpath: async (path) => realpathSync.native(path),
  open: async (path, flags) => {
    const fd = openSync(path, flags)
    return {
      fd,
      close: async () => closeSync(fd),
      stat: async () => fstatSync(fd),
      exactStat: async () => fstatSync(fd, { bigint: true }),
      read: async (...where) => readSync(fd, ...where)
    }
  },
  entries: async function* (path) {
    let count = 0
    for (const entry of entriesNow(path)) {
      yield entry
      count += 1
      // An app may have put a million files there.
      if (count % entriesAtOnce === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** How files are looked at, unless a look says otherwise: on threads. */
export const Files = Context.Reference<Files>("lastgood/disk/Files", { defaultValue: () => onThreads })

/** Looks at once if the path is on a local filesystem. @param path resolved. */
export const atOnceIfLocal =
  (path: string) =>
  <A, E, R>(look: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(OwnMounts, (mounts) => (isLocal(path, mounts()) ? Effect.provideService(look, Files, atOnce) : look))
