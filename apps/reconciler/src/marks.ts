/** Detects a changed file, also after an editor replaced it, a symlink was changed, or a mount was added. */
import { createHash } from "node:crypto"
import type { BigIntStats } from "node:fs"
import { open, stat } from "node:fs/promises"
import { settledMs } from "@lastgood/core/disk/unchangedFolder"
import { makeRecent } from "@lastgood/core/domain/recent"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const textOf = ({ ctimeNs, dev, ino, mtimeNs, size }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(" ")

const markOf = async (file: string): Promise<string> => {
  try {
    return textOf(await stat(file, { bigint: true }))
  } catch {
    return "none"
  }
}

interface Hashed {
  /** `markOf` the file. */
  readonly mark: string
  readonly hash: string
}

/** Of files that had settled when they were read: a later change of one changes its mark too. */
const hashed = makeRecent<Hashed>(100)

/**
 * Hashes the content, because `stat` does not see two writes of one size within a tick of the kernel's clock. A large
 * file is not read again and again: every pass asks for it.
 */
const hashOf = async (file: string, now: number): Promise<string> => {
  try {
    // A pipe would block.
    if (!(await stat(file)).isFile()) return "none"
    // Network filesystems ask the server about a file when it is opened, and may not before.
    const opened = await open(file)
    try {
      const before = await opened.stat({ bigint: true })
      const mark = textOf(before)
      const known = hashed.get(file)
      if (known?.mark === mark) return known.hash
      const hash = createHash("sha256")
        .update(await opened.readFile())
        .digest("hex")
      const isSettled = before.ctimeNs <= BigInt(now - settledMs) * 1_000_000n
      if (isSettled && textOf(await opened.stat({ bigint: true })) === mark) hashed.set(file, { mark, hash })
      return hash
    } finally {
      await opened.close()
    }
  } catch {
    return "none"
  }
}

/** The SHA-256 of the content of the main file, as `marksOf` found it; null: it could not be read. */
export const digestIn = (marks: ReadonlyMap<string, string>, main: string): string | null =>
  /[0-9a-f]{64}$/.exec(marks.get(main) ?? "")?.[0] ?? null

/** @param main its content is compared too; for the others `stat` is enough. */
export const marksOf = (main: string, files: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, string>> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.promise(async () => {
      const names = [...new Set([main, ...files])]
      const marks = await Promise.all(
        names.map(
          async (file) => [file, `${await markOf(file)}${file === main ? ` ${await hashOf(file, now)}` : ""}`] as const
        )
      )
      return new Map(marks)
    })
  )
