/** Reads files that another user may have put there, as root: without waiting, and up to a size limit. */
import { constants, type Stats } from "node:fs"
import * as Effect from "effect/Effect"
import { asError } from "../domain/messageOf.ts"
import { Files } from "./Files.ts"
import { kindOf } from "./kindAt.ts"

export interface ReadLimits {
  /** A larger file is refused: a configuration, an env file or a recipe's file is never large. Default: 1 MiB. */
  readonly maxBytes?: number
  /** false: a link in the file's place is refused, so that nothing outside can be read through it. Default: true. */
  readonly followLinks?: boolean
}

export const smallFileBytes = 1024 * 1024

const assertFile = (found: Stats): Stats => {
  if (!found.isFile()) throw new Error(`it is a ${kindOf(found)}`)
  return found
}

/** Most files have less. */
const firstBytes = 4096

/**
 * The bytes of a regular file. A pipe, a device or a socket is refused before it is opened, since opening alone may
 * block or have an effect. The check runs again on the open file, since it may have been swapped.
 *
 * Fails with Node's error (its `code` tells the cause), or with a message of this module.
 */
export const readSmallFile = (path: string, limits: ReadLimits = {}): Effect.Effect<Uint8Array, Error> => {
  const { followLinks = true, maxBytes = smallFileBytes } = limits
  const read = async ({ lstat, open, stat }: Files): Promise<Uint8Array> => {
    assertFile(await (followLinks ? stat(path) : lstat(path)))
    const noFollow = followLinks ? 0 : constants.O_NOFOLLOW
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow)
    try {
      const { size } = assertFile(await handle.stat())
      // One byte more shows the end of the file, or that it is too large.
      const most = maxBytes + 1
      // Read instead of trusting the size: a file in /proc has size 0, and a log may grow during the read.
      let bytes = Buffer.alloc(Math.min(most, Math.max(firstBytes, size + 1)))
      let length = 0
      while (length < most) {
        if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(most, 2 * length))
        const count = await handle.read(bytes, length, bytes.length - length, length)
        if (count === 0) break
        length += count
      }
      if (length > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024} KiB`)
      return bytes.subarray(0, length)
    } finally {
      await handle.close()
    }
  }
  return Effect.flatMap(Files, (files) => Effect.tryPromise({ try: () => read(files), catch: asError }))
}

/** The same as text. Strict: bytes that are not UTF-8 would silently become other text (another password). */
export const readSmallText = (path: string, limits: ReadLimits = {}): Effect.Effect<string, Error> =>
  Effect.flatMap(readSmallFile(path, limits), (bytes) =>
    Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => new Error("it is not UTF-8 text")
    })
  )
