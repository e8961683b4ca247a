/** lastgood finds hazards while the app runs: a refusal causes no downtime. */
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { killGroup } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { execa, execaSync } from "execa"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { makeWorld, migrates, type Ran, v1, v2, type World } from "../harness.ts"
import { expectUntouched } from "../watch.ts"

const old = { version: v1, schema: 1, rows: ["a"] }
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }
const data = ["root", "demo", "volumes", "data"] as const

const said = ({ stdout, stderr }: Ran) => stdout + stderr

/** Asked twice: the reason stands, and neither is an attempt. */
const expectRefusal = Effect.fnUntraced(function* (world: World, code: number, ...patterns: ReadonlyArray<RegExp>) {
  for (const command of [
    ["upgrade", "demo"],
    ["upgrade", "demo", "--to", v2]
  ]) {
    const ran = yield* expectUntouched(world, world.lastgood(command))
    expectCode(ran, code)
    for (const pattern of patterns) assert.match(said(ran), pattern)
  }
  const events = yield* expectWholeLog(world)
  assert.deepStrictEqual(
    events.filter(({ type }) => type === "UpgradeAttempted"),
    []
  )
  yield* expectApp(world, old)
})

const expectUpgrade = Effect.fnUntraced(function* (world: World) {
  expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  yield* expectApp(world, upgraded)
})

/** Somebody else's program in a folder of the world, until the scope closes. */
const outsider = (world: World, script: string, cwd = "/") =>
  Effect.acquireRelease(
    Effect.sync(() =>
      execa("sh", ["-c", script, "sh", world.at(...data)], { reject: false, stdin: "ignore", cwd, detached: true })
    ),
    (child) =>
      Effect.promise(async () => {
        try {
          killGroup(child.pid)
        } catch {
          // It ended by itself.
        }
        await child
      })
  ).pipe(Effect.tap(() => Effect.sleep("300 millis")))

const promise = (act: () => Promise<unknown>) => Effect.promise(act)

/** Verifies: LAW-14 */
describe.concurrent("an upgrade is refused, and the app is not touched,", () => {
  it.live("if somebody else has a file of its volume open for writing", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* Effect.gen(function* () {
        const { pid } = yield* outsider(world, 'exec 9>> "$1/rows.1"; exec sleep 1000')
        yield* expectRefusal(
          world,
          5,
          /held-volume/,
          new RegExp(`pid ${pid} \\(sleep\\) has .*data/rows\\.1 open`),
          new RegExp(`next +.*kill ${pid}`)
        )
        assert.match(said(yield* world.lastgood(["doctor", "demo"])), /FAIL +demo: held-volume: .*sleep/)
        assert.match(
          said(yield* world.lastgood(["plan", "demo"])),
          /would refuse\n +why +its data is in use outside of the app/
        )
      }).pipe(Effect.scoped)
      yield* expectUpgrade(world)
    })
  )

  it.live("if a shell has its working folder in its volume", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* Effect.gen(function* () {
        const { pid } = yield* outsider(world, "sleep 1000; true", world.at(...data))
        yield* expectRefusal(world, 5, new RegExp(`pid ${pid} \\(sh\\) has .*volumes/data open`))
      }).pipe(Effect.scoped)
      yield* expectUpgrade(world)
    })
  )

  it.live("if the Procfile of the new version is missing or invalid", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const procfile = world.at("recipe", "Procfile")
      const right = (yield* world.textOf("recipe", "Procfile")) ?? ""
      yield* promise(() => rm(procfile))
      yield* world.tag("1.0.1+1.0.0")
      const missing = yield* expectUntouched(world, world.lastgood(["upgrade", "demo", "--to", "1.0.1+1.0.0"]))
      expectCode(missing, 5)
      assert.match(said(missing), /invalid-recipe: .*has no Procfile[\s\S]*next +add one/)
      yield* promise(() => writeFile(procfile, "no line of a Procfile\n"))
      yield* world.tag("1.0.2+1.0.0")
      const wrong = yield* expectUntouched(world, world.lastgood(["upgrade", "demo", "--to", "1.0.2+1.0.0"]))
      expectCode(wrong, 5)
      assert.match(said(wrong), /Procfile:1: expected `name: command`/)
      yield* promise(() => writeFile(procfile, "web: exec 'open\n"))
      yield* world.tag("1.0.3+1.0.0")
      const open = yield* expectUntouched(world, world.lastgood(["upgrade", "demo", "--to", "1.0.3+1.0.0"]))
      expectCode(open, 5)
      assert.match(said(open), /Procfile:1: web: .*[Uu]nterminated/)
      yield* expectApp(world, old)
      yield* promise(() => writeFile(procfile, right))
      yield* world.tag(v2, migrates)
      yield* expectUpgrade(world)
    })
  )

  it.live("if its volume was replaced by a link or a file", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    deadlines: { undeploy: 1s }\n" })
      yield* world.tag(v2, migrates)
      yield* promise(() => rename(world.at(...data), world.at("elsewhere")))
      yield* promise(() => symlink(world.at("elsewhere"), world.at(...data)))
      const ran = yield* expectUntouched(world, world.lastgood(["upgrade", "demo"]))
      expectCode(ran, 5)
      assert.match(
        said(ran),
        /data-missing: .*volume data is gone \(there is no folder of it\)[\s\S]*next +bring the data back/
      )
      yield* promise(async () => {
        await rm(world.at(...data))
        await writeFile(world.at(...data), "a file")
      })
      const file = yield* expectUntouched(world, world.lastgood(["upgrade", "demo"]))
      expectCode(file, 5)
      yield* promise(async () => {
        await rm(world.at(...data))
        await rename(world.at("elsewhere"), world.at(...data))
      })
      yield* expectUpgrade(world)
    })
  )

  it.live("if its env file is missing, unreadable or not text", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      const env = (yield* world.textOf("demo.env")) ?? ""
      yield* promise(() => rm(world.at("demo.env")))
      yield* expectRefusal(world, 64, /demo\.env/, /next/)
      yield* promise(() => mkdir(world.at("demo.env")))
      yield* expectRefusal(world, 64, /demo\.env/, /next/)
      yield* promise(() => rm(world.at("demo.env"), { recursive: true }))
      yield* promise(() => writeFile(world.at("demo.env"), Buffer.from([0x41, 0x3d, 0xff, 0x0a])))
      const bytes = yield* expectUntouched(world, world.lastgood(["upgrade", "demo"]))
      assert.oneOf(bytes.code, [5, 64])
      // What the user mends, not the copy of it that a release keeps.
      assert.match(said(bytes), new RegExp(`next +make ${world.at("demo.env")}`))
      yield* promise(() => writeFile(world.at("demo.env"), env))
      yield* expectUpgrade(world)
    })
  )

  it.live("if the recipe, or a file of the version in it, is missing", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* promise(() => rename(world.at("recipe"), world.at("recipe.away")))
      yield* expectRefusal(world, 1, /recipe/, /next/)
      yield* promise(() => rename(world.at("recipe.away"), world.at("recipe")))
      // The version's commit as git would lose it: a disk error, or a clone that was cut short.
      const { stdout } = yield* run("git", ["-C", world.at("recipe"), "rev-parse", `${v2}^{commit}`])
      const hash = stdout.trim()
      const object = world.at("recipe", ".git", "objects", hash.slice(0, 2), hash.slice(2))
      yield* promise(() => rename(object, world.at("object")))
      const gone = yield* expectUntouched(world, world.lastgood(["upgrade", "demo", "--to", v2]))
      assert.oneOf(gone.code, [1, 5])
      assert.notInclude(said(gone), "a bug")
      assert.match(said(gone), /next/)
      yield* promise(() => rename(world.at("object"), object))
      yield* expectUpgrade(world)
    })
  )
})

const canMount = process.getuid?.() === 0 && execaSync("losetup", ["--find"], { reject: false }).exitCode === 0

/** A disk of so many megabytes: a filesystem of its own. */
const smallDisk = (folder: string, megabytes: number) =>
  Effect.acquireRelease(
    promise(async () => {
      await execa("truncate", ["--size", `${megabytes}M`, `${folder}.img`])
      await execa("mkfs.ext4", ["-q", "-F", "-m", "0", `${folder}.img`])
      await execa("mount", ["-o", "loop", `${folder}.img`, folder])
      await chmod(folder, 0o700)
    }),
    () => promise(() => execa("umount", ["--lazy", folder], { reject: false }))
  )

/** Verifies: LAW-14 */
describe.concurrent("a disk with too little space for the peak", () => {
  const title = "refuses the upgrade with figures, and takes it when there is room"
  if (!canMount) it.skip(`${title} (skipped: no loop devices here)`, () => {})
  else
    it.live(title, () =>
      Effect.gen(function* () {
        const world = yield* makeWorld()
        yield* smallDisk(world.root, 170)
        yield* world.tag(v1)
        expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
        yield* world.addRow("a")
        yield* world.tag(v2, migrates)
        // Twice 40 MB (archive and staged tree) and a margin of 67 MB exceed the free space.
        const blob = world.at(...data, "blob")
        yield* run("dd", ["if=/dev/zero", `of=${blob}`, "bs=1M", "count=40"])
        yield* expectRefusal(
          world,
          5,
          /: the filesystem of .* has \d+ MB free, expected 15\d MB/,
          /next +free space there/
        )
        assert.match(said(yield* world.lastgood(["doctor", "demo"])), /FAIL +demo: volumes: .*MB free, expected/)
        yield* promise(() => rm(blob))
        yield* expectUpgrade(world)
      })
    )
})
