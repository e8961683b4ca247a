/**
 * Two checksums with two purposes. POSIX `cksum`, at several GiB/s, is fast enough for the quiet window and for a
 * restore. SHA-256 takes 2-4 times as long as the snapshot itself, so it is computed and checked while the app is up.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { run } from "../process/Tool.ts"
import { JoinedCrc } from "./JoinedCrc.ts"
import { whileReporting } from "./Reporting.ts"

/** The POSIX CRC of a file, in decimal, as `cksum` prints it. */
export const crc = (path: string) =>
  Effect.map(run("cksum", ["--", path]), (result) => result.stdout.split(" ", 1)[0] ?? "")

/** Read in a moment, and large enough that a program for each is nothing beside the writing. */
const partBytes = 1 << 26

/**
 * The POSIX CRC of a file that only grows while it is written. What is written is read meanwhile, so the app does not wait
 * for it afterwards.
 */
export const crcWhile = <E, R>(path: string, writing: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const file = yield* Effect.acquireRelease(
      io("open", path, () => fs.open(path, "r")),
      (open) => Effect.ignore(io("close", path, () => open.close()))
    )
    const size = io("measure", path, async () => (await file.stat()).size)
    const joined = new JoinedCrc()
    const written = yield* Deferred.make<void>()
    const parts = Effect.gen(function* () {
      for (let isLast = false; !isLast; ) {
        yield* Effect.raceFirst(Effect.sleep("50 millis"), Deferred.await(written))
        isLast = yield* Deferred.isDone(written)
        // A program beats the heart: without progress, none may run.
        if (!isLast && (yield* size) < joined.bytes + partBytes) continue
        // Each goes on where the last one ended: they share the place in the file.
        joined.add((yield* run("cksum", [], { stdinFd: file.fd })).stdout)
      }
    })
    const both = [Effect.andThen(writing, Deferred.succeed(written, undefined)), parts]
    yield* Effect.all(both, { concurrency: 2, discard: true })
    const bytes = yield* size
    return { bytes, crc: joined.bytes === bytes ? `${joined}` : yield* crc(path) }
  }).pipe(Effect.scoped)

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
