/**
 * The commands that only tell, where they cannot write: for a user without permission, and on a root that is mounted
 * read-only, as after an I/O error or from a rescue system. Real mounts and users, so only for root.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { chmod, copyFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { lastgoodCommand } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { expectCode, installed } from "../expect.ts"
import { makeWorld, v2, type World } from "../harness.ts"

const isRoot = process.getuid?.() === 0

const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

const asNobody = (world: World, args: ReadonlyArray<string>) =>
  world.lastgood(args, {}, [...nobody, ...lastgoodCommand])

/** The root as it is, mounted over itself, read-only for the scope. */
const readOnly = (root: string) =>
  Effect.acquireRelease(
    Effect.andThen(run("mount", ["--bind", root, root]), run("mount", ["-o", "remount,bind,ro", root])),
    () => Effect.ignore(run("umount", ["--lazy", root]))
  )

const canMount =
  isRoot &&
  (await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const world = yield* makeWorld()
        yield* readOnly(world.root)
      })
    ).pipe(
      Effect.as(true),
      Effect.catchCause(() => Effect.succeed(false))
    )
  ))

const telling = ["status", "plan", "doctor", "log", "replay", "snapshots", "verify", "export"] as const

/** Verifies: LAW-16 */
describe.skipIf(!isRoot)("a user who may not read the log", () => {
  it.live("gets an error from every command, never an empty log", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* Effect.promise(() => chmod(world.home, 0o755))
      for (const command of telling) {
        const ran = yield* asNobody(world, [command])
        expectCode(ran, 1)
        assert.strictEqual(ran.stdout, "", command)
        assert.match(
          ran.stderr,
          /events\.db .*no permission.*\nnext: run lastgood as the user who owns the log/,
          command
        )
      }
    })
  )
})

/** Verifies: LAW-6, LAW-16 */
describe.skipIf(!canMount)("on a read-only root", () => {
  const tellsAll = Effect.fnUntraced(function* (world: World) {
    for (const command of telling) {
      const ran = yield* world.lastgood([command])
      // The doctor says what is wrong.
      expectCode(ran, command === "doctor" ? 1 : 0)
      assert.notInclude(`${ran.stdout}${ran.stderr}`, "run lastgood as", command)
      assert.match(ran.stdout, command === "export" ? /UpgradeCommitted/ : /demo|no snapshots/, command)
    }
    const plan = yield* world.lastgood(["plan"])
    assert.match(
      plan.stdout,
      /would refuse[\s\S]*its filesystem is read-only[\s\S]*next +mount the filesystem read-write/
    )
    assert.match(
      (yield* world.lastgood(["doctor"])).stdout,
      /FAIL +root: .*read-only.*\n +next: mount the filesystem read-write/
    )
  })

  it.live("commands that read work, and commands that act refuse", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2)
      yield* readOnly(world.root)
      yield* tellsAll(world)
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 1)
      assert.match(ran.stderr, /read-only/)
    })
  )

  it.live("events that a crash left beside the log are shown, and no copy of them remains", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      // A process that has the log open keeps the newest events in the -wal; a killed one leaves them there.
      const newest = yield* keepWal(world)
      yield* readOnly(world.root)
      const before = readdirSync(tmpdir()).filter((name) => name.startsWith("lastgood-log-"))
      const told = yield* world.lastgood(["log", "--json", "--limit", "1"])
      expectCode(told, 0)
      assert.include(told.stdout, newest)
      assert.deepStrictEqual(
        readdirSync(tmpdir()).filter((name) => name.startsWith("lastgood-log-")),
        before
      )
    })
  )
})

/** Puts the log back as it was while a process had it open: the last event is in the -wal alone. @returns its type. */
const keepWal = Effect.fnUntraced(function* (world: World) {
  const kept = world.at("kept")
  mkdirSync(kept)
  const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))
  const reader = new DatabaseSync(world.at("root", "events.db"))
  reader.prepare("SELECT count(*) FROM events").get()
  expectCode(yield* world.lastgood(["hold", "demo", "--reason", "kept in the wal"]), 0)
  for (const suffix of ["", "-wal"]) {
    yield* Effect.promise(() => copyFile(world.at("root", `events.db${suffix}`), `${kept}/events.db${suffix}`))
  }
  reader.close()
  assert.notInclude(readFileSync(`${kept}/events.db`, "latin1"), "kept in the wal")
  yield* Effect.promise(() => rm(world.at("root", "events.db-shm"), { force: true }))
  for (const suffix of ["", "-wal"]) {
    yield* Effect.promise(() => copyFile(`${kept}/events.db${suffix}`, world.at("root", `events.db${suffix}`)))
  }
  return "kept in the wal"
})
