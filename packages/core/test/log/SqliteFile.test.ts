import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { hasWalResetBug, open, unsafeFilesystem } from "../../src/log/SqliteFile.ts"

/** Verifies: LAW-6 */
describe("SqliteFile", () => {
  it("recognizes filesystems that cannot hold a log, whatever the sign of their number", () => {
    assert.strictEqual(unsafeFilesystem(0x6969), "NFS")
    assert.strictEqual(unsafeFilesystem(0x01021997), "9p")
    assert.strictEqual(unsafeFilesystem(0x65735546), "FUSE or virtiofs")
    assert.strictEqual(unsafeFilesystem(0xff534d42), "CIFS")
    assert.strictEqual(unsafeFilesystem(0xff534d42 | 0), "CIFS")
    assert.strictEqual(unsafeFilesystem(0xfe534d42 | 0), "SMB")
  })

  it("accepts ext4, xfs, btrfs, zfs, tmpfs and overlayfs", () => {
    for (const type of [0xef53, 0x58465342, 0x9123683e, 0x9123683e | 0, 0x2fc12fc1, 0x01021994, 0x794c7630]) {
      assert.isNull(unsafeFilesystem(type))
    }
  })

  it("recognizes releases of SQLite with the WAL-reset bug", () => {
    for (const version of ["3.7.0", "3.44.5", "3.45.0", "3.47.2", "3.49.1", "3.50.4", "3.50.6", "3.51.0", "3.51.2"]) {
      assert.isTrue(hasWalResetBug(version), version)
    }
    for (const version of ["3.44.6", "3.50.7", "3.51.3", "3.52.0", "3.53.4", "4.0.0"]) {
      assert.isFalse(hasWalResetBug(version), version)
    }
  })

  const inFolder = temporaryFolder()

  it.live("uses WAL, syncs every commit and waits for other writers", () =>
    Effect.gen(function* () {
      const { db } = yield* open(join(yield* inFolder, "events.db"), false)
      const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
      assert.strictEqual(pragma("journal_mode"), "wal")
      assert.strictEqual(pragma("synchronous"), 2)
      assert.strictEqual(pragma("busy_timeout"), 5000)
    })
  )

  it.live("never switches a log from the rollback journal back to WAL", () =>
    Effect.gen(function* () {
      const path = join(yield* inFolder, "events.db")
      yield* Effect.scoped(Effect.map(open(path, false), ({ db }) => db.exec("PRAGMA journal_mode = DELETE")))
      const { db } = yield* open(path, false)
      assert.deepInclude(db.prepare("PRAGMA journal_mode").get(), { journal_mode: "truncate" })
    })
  )
})
