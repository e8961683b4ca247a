/**
 * Two checksums with two purposes. POSIX `cksum`, at several GiB/s, is fast enough for the quiet window and for a
 * restore. SHA-256 takes 2-4 times as long as the snapshot itself, so it is computed and checked while the app is up.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
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
      const memory = Buffer.allocUnsafeSlow(1 << 20)
      const file = await fs.open(path, "r")
      try {
        for (;;) {
          signal.throwIfAborted()
          const { bytesRead } = await file.read(memory, 0, memory.length, done)
          if (bytesRead === 0) return hash.digest("hex")
          hash.update(memory.subarray(0, bytesRead))
          done += bytesRead
        }
      } finally {
        await file.close()
      }
    }).pipe(
      whileReporting(
        what,
        bytes,
        Effect.sync(() => done)
      )
    )
  })
