/**
 * Two checksums with two purposes. POSIX `cksum`, at several GiB/s, is fast enough for the quiet window and for a
 * restore. SHA-256 takes 2-4 times as long as the snapshot itself, so it is computed and checked while the app is up.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { run } from "../process/Tool.ts"
import { whileReporting } from "./Reporting.ts"

/** The POSIX CRC of a file, in decimal, as `cksum` prints it. */
export const crc = (path: string) =>
  Effect.map(run("cksum", ["--", path]), (result) => result.stdout.split(" ", 1)[0] ?? "")

/**
 * The SHA-256 of a file, in hex, with progress reported as `what`.
 *
 * @param bytes the size of the file.
 */
export const sha256 = (path: string, bytes: number, what: string) =>
  Effect.suspend(() => {
    let done = 0
    return io("read", path, async (signal) => {
      const hash = createHash("sha256")
      const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20, signal })
      for await (const chunk of chunks) {
        hash.update(chunk)
        done += chunk.length
      }
      return hash.digest("hex")
    }).pipe(
      whileReporting(
        what,
        bytes,
        Effect.sync(() => done)
      )
    )
  })
