/** Tests a folder by doing what lastgood does there: writing, syncing and renaming. Leaves nothing behind. */
import { mkdtemp, open, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** Why a folder cannot be written to; `code`: of the system call. */
export interface Trouble {
  readonly code: string
  readonly operation: string
}

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : String(cause)

/** As much as a few events: a filesystem without a free block takes an empty file. */
const content = Buffer.alloc(64 * 1024, "lastgood")

/** @returns null: it can be written to. */
export const probe = (folder: string): Effect.Effect<Trouble | null> =>
  Effect.promise(async () => {
    let made: string | null = null
    let operation = "create a folder"
    try {
      made = await mkdtemp(join(folder, ".lastgood-doctor-"))
      operation = "write"
      const file = await open(join(made, "written"), "wx", 0o600)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      operation = "rename"
      await rename(join(made, "written"), join(made, "renamed"))
      return null
    } catch (cause) {
      return { code: codeOf(cause), operation }
    } finally {
      if (made !== null) await rm(made, { recursive: true, force: true }).catch(() => undefined)
    }
  })

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "its filesystem is read-only",
  ENOSPC: "no space is left on its filesystem",
  EDQUOT: "the disk quota is used up",
  ENOENT: "it does not exist"
}

export const troubleText = (folder: string, { code, operation }: Trouble): string =>
  `cannot ${operation} in ${folder}: ${words[code] ?? code}`

/** @param denied what to do if this user may not. */
export const remedyOf = (folder: string, { code }: Trouble, denied: string): string => {
  switch (code) {
    case "EROFS":
      return `mount the filesystem read-write (findmnt -T ${folder} names it, dmesg shows why it is read-only)`
    case "ENOSPC":
      return `free space or inodes there (df -h ${folder} and df -i ${folder} show them)`
    case "EDQUOT":
      return "raise the quota, or free space"
    default:
      return denied
  }
}
