import { spawn } from "node:child_process"
import { chmod, cp, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { layer as flockClaims } from "@lastgood/core/claim/ClaimsFlock"
import { InheritedFds } from "@lastgood/core/process/Tool"
import { kill, mentioning } from "@lastgood/testing/processes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execaSync } from "execa"
import { type LocalWorld, localWorld, until } from "./LocalWorld.ts"
import { password, type Subject, suite } from "./RuntimeSuite.ts"

const deadline = 10_000
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

/** Somebody else's program, in a session of its own, for as long as the scope is open. */
const outsider = (command: string, args: ReadonlyArray<string>, cwd = "/") =>
  Effect.gen(function* () {
    const program = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(command, args, { stdio: "ignore", detached: true, cwd })),
      ({ pid = 0 }) => kill(-pid)
    )
    yield* Effect.sleep(300)
    return { pid: program.pid ?? 0, isAlive: () => program.exitCode === null && program.signalCode === null }
  })

const subject = Effect.gen(function* () {
  const { app, runtime, layOut, data } = yield* localWorld(`PASSWORD=${password}\n`)
  const made: Subject = {
    runtime,
    app,
    release: (version, services) => {
      const names = Object.keys(services)
      const scripts = names.map((name) => [`${name}.sh`, `DATA=$LASTGOOD_VOLUME_DATA\n${services[name]}\n`] as const)
      const procfile = names.map((name) => `${name}: exec sh ${name}.sh\n`).join("")
      return layOut(version, { Procfile: procfile, ...Object.fromEntries(scripts) })
    },
    invalid: layOut("9.0.0+9", { Procfile: "web: true\nnot a line of a Procfile\n" }),
    byHand: Effect.gen(function* () {
      const record = yield* Effect.promise(() => readFile(join(app.dir, "run", "web.json"), "utf8"))
      yield* kill(-Number(JSON.parse(record).pid))
      yield* outsider("env", [
        ...[`LASTGOOD_APP_DIR=${app.dir}`, "LASTGOOD_PROCESS=web", "LASTGOOD_VERSION=0.9.0+9", "LASTGOOD_COMMIT=c0"],
        ...["sleep", "60"]
      ])
    }),
    holdData: Effect.as(outsider("tail", ["--follow", data("starts")]), "(tail)")
  }
  return made
})

suite("local", subject, { deadlineMs: deadline, timeoutMs: 30_000 })

const check = (title: string, body: (world: LocalWorld) => Effect.Effect<void, unknown, Scope.Scope>, env = "A=1\n") =>
  it.live(title, () => Effect.flatMap(localWorld(env), body), 30_000)

/** A process, or a descriptor of it, may be gone by now. */
const openBy = async (pid: number) => {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const to = (name: string) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")
  return Promise.all(names.map(async (name) => ({ fd: Number(name), to: await to(name) })))
}

const textOf = (path: string) => Effect.promise(() => readFile(path, "utf8").catch(() => ""))
const countOf = (text: string) => Effect.map(mentioning(text), (found) => found.length)

describe("Runtime: local, the processes of an app", () => {
  /** Verifies: LAW-1 */
  check("are found even if they cleared their environment", ({ dir, app, runtime, layOut }) =>
    Effect.gen(function* () {
      const script = join(dir, "cleared.sh")
      yield* Effect.promise(() => writeFile(script, idle))
      const one = yield* layOut("1.0.0+1", { Procfile: `web: exec env -i /bin/sh ${script}\n` })
      yield* runtime.deploy(app, one, deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
      assert.strictEqual(yield* countOf(script), 1)
      yield* runtime.undeploy(app, deadline)
      assert.strictEqual(yield* countOf(script), 0)
    })
  )

  /** Verifies: LAW-1 */
  check("are found even if they left their session, and do not restart the app", (world) =>
    Effect.gen(function* () {
      const { app, runtime, layOut, data } = world
      const files = {
        Procfile: "web: setsid sh away.sh & echo web >> $LASTGOOD_VOLUME_DATA/starts; exec sh web.sh\n",
        "away.sh": "while :; do echo away >> $LASTGOOD_VOLUME_DATA/away; sleep 0.05; done",
        "web.sh": idle
      }
      const one = yield* layOut("1.0.0+1", files)
      yield* runtime.deploy(app, one, deadline)
      yield* runtime.deploy(app, one, deadline)
      assert.strictEqual(yield* textOf(data("starts")), "web\n")
      yield* runtime.undeploy(app, deadline)
      const atReturn = yield* textOf(data("away"))
      yield* Effect.sleep(300)
      assert.isAbove(atReturn.length, 0)
      assert.strictEqual(yield* textOf(data("away")), atReturn)
    })
  )

  /** Verifies: LAW-1 */
  check("are all replaced if the first of them died and left a child behind", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web, data } = world
      const one = yield* web("1.0.0+1", `sh -c 'echo $$ >> ${data("children")}; exec sleep 1000' & wait`)
      yield* runtime.deploy(app, one, deadline)
      const before = yield* runtime.inspect(app)
      const leader = Number(/pid (\d+)/.exec(before.services[0]?.state ?? "")?.[1])
      yield* kill(leader)
      yield* until(
        "the process did not die",
        Effect.map(Effect.orDie(runtime.inspect(app)), (seen) => !seen.converged)
      )
      const seen = yield* runtime.inspect(app)
      assert.deepStrictEqual([seen.present, seen.services.map((s) => [s.name, s.ok])], [true, [["web", false]]])
      assert.isTrue((yield* runtime.containerState(app, undefined)).dead)
      assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "NotQuiet")
      yield* runtime.deploy(app, one, deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
      const [orphan, child] = (yield* textOf(data("children"))).trim().split("\n")
      const live = (yield* mentioning(app.dir)).map(({ pid }) => String(pid))
      assert.notInclude(live, orphan)
      assert.include(live, child)
    })
  )

  /** Verifies: LAW-1 */
  check("get SIGTERM once, and SIGKILL after the grace period", ({ app, runtime, web, data }) =>
    Effect.gen(function* () {
      const one = yield* web("1.0.0+1", `trap 'echo asked >> ${data("asked")}' TERM; while :; do sleep 0.1; done`)
      yield* runtime.deploy(app, one, deadline)
      const { removed, quietAfterMs } = yield* runtime.undeploy(app, 2000)
      assert.strictEqual(yield* textOf(data("asked")), "asked\n")
      assert.isAtLeast(removed.length, 1)
      assert.isTrue(quietAfterMs >= 1000 && quietAfterMs < 2000, String(quietAfterMs))
      assert.strictEqual(yield* countOf(app.dir), 0)
    })
  )

  check("do not include the operator's shell of a command beside the app", ({ app, runtime }) =>
    Effect.gen(function* () {
      const beside = "sleep 1000 & exec env LASTGOOD_APP_DIR=$1 sleep 1001"
      const shell = yield* outsider("sh", ["-c", `sh -c '${beside}' sh ${app.dir} & wait; sleep 1002`])
      assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "NotQuiet")
      yield* runtime.undeploy(app, deadline)
      assert.isTrue(shell.isAlive())
    })
  )

  check("do not include a process with a reused pid", ({ app, runtime, web }) =>
    Effect.gen(function* () {
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      const record = join(app.dir, "run", "web.json")
      const recorded = yield* textOf(record)
      yield* runtime.undeploy(app, deadline)
      const other = yield* outsider("sleep", ["1000"])
      yield* Effect.promise(() => writeFile(record, recorded.replace(/"pid":\d+/, `"pid":${other.pid}`)))
      assert.isFalse((yield* runtime.inspect(app)).present)
      yield* runtime.assertQuiet(app)
      yield* runtime.undeploy(app, deadline)
      assert.isTrue(other.isAlive())
    })
  )

  check("are distinguished from those of an app of the same name under another root", ({ app, runtime, web }) =>
    Effect.gen(function* () {
      const other = yield* localWorld("A=1\n")
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      assert.isFalse((yield* runtime.inspect(other.app)).present)
      yield* runtime.deploy(other.app, yield* other.web("2.0.0+1", idle), deadline)
      yield* runtime.undeploy(app, deadline)
      assert.strictEqual((yield* runtime.inspect(other.app)).version, "2.0.0+1")
    })
  )

  /** Verifies: LAW-1 */
  check("are found by whatever path the root is reached", ({ dir, app, runtime, web }) =>
    Effect.gen(function* () {
      yield* Effect.promise(() => symlink(join(dir, "root"), join(dir, "link")))
      const linked = { ...app, dir: join(dir, "link", "notes") }
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      // As if lastgood had been killed before it noted down what it started.
      yield* Effect.promise(() => rm(join(app.dir, "run"), { recursive: true }))
      assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(linked)))._tag, "NotQuiet")
      assert.isAtLeast((yield* runtime.undeploy(linked, deadline)).removed.length, 1)
      assert.strictEqual(yield* countOf(app.dir), 0)
    })
  )

  /** Verifies: LAW-7 */
  check("inherit neither the claim nor another descriptor of lastgood", ({ app, runtime, web }) =>
    Effect.gen(function* () {
      const claims = yield* Claims
      yield* Effect.gen(function* () {
        const { fd } = yield* claims.hold(app, "the first", 0)
        yield* runtime
          .deploy(app, yield* web("1.0.0+1", idle), deadline)
          .pipe(Effect.provideService(InheritedFds, [fd]))
        yield* Effect.provideService(runtime.exec(app, "sleep 1000 &", undefined), InheritedFds, [fd])
      }).pipe(Effect.scoped)
      const held = Effect.gen(function* () {
        const all = yield* Effect.forEach(yield* mentioning(app.dir), ({ pid }) => Effect.promise(() => openBy(pid)))
        return all.flat().filter(({ fd, to }) => to === join(app.dir, "claim") || (fd > 2 && fd < 10))
      })
      // A shell that has just begun closes them itself.
      yield* until(
        "they hold what is lastgood's",
        Effect.map(held, (left) => left.length === 0)
      )
      yield* Effect.scoped(claims.hold(app, "the second", 0))
    }).pipe(Effect.provide(flockClaims))
  )

  /** Verifies: LAW-1 */
  check("are not ended if lastgood itself was started by one of them", (world) =>
    Effect.gen(function* () {
      const { dir, app, runtime, web, data } = world
      yield* Effect.promise(() => writeFile(join(dir, "app.json"), JSON.stringify(app)))
      const lastgood = [process.execPath, ...("Deno" in globalThis ? ["run", "--allow-all"] : [])]
      const inside = join(import.meta.dirname, "LocalInside.ts")
      const command = [...lastgood, inside, join(dir, "app.json")].map((word) => `'${word}'`).join(" ")
      yield* runtime.deploy(app, yield* web("1.0.0+1", `${command} > ${data("said")} 2>&1; ${idle}`), deadline)
      yield* until(
        "lastgood did not end",
        Effect.map(textOf(data("said")), (said) => said.includes("\n"))
      )
      assert.match(yield* textOf(data("said")), /which started this lastgood/)
      assert.isTrue((yield* runtime.inspect(app)).converged)
    })
  )
})

describe("Runtime: local, other users of a volume", () => {
  const held = (title: string, how: (world: LocalWorld) => Effect.Effect<RegExp, unknown, Scope.Scope>) =>
    check(title, (world) =>
      Effect.gen(function* () {
        const { app, runtime, web, data } = world
        yield* runtime.deploy(app, yield* web("1.0.0+1", `echo 1 > ${data("file")}; ${idle}`), deadline)
        yield* runtime.undeploy(app, deadline)
        yield* Effect.gen(function* () {
          const expected = yield* how(world)
          assert.match((yield* Effect.flip(runtime.assertQuiet(app))).message, expected)
        }).pipe(Effect.scoped)
        yield* runtime.assertQuiet(app)
      })
    )

  /** Verifies: LAW-1 */
  held("are named if they have their working folder in it", ({ data }) =>
    Effect.as(outsider("sleep", ["1000"], data()), /pid \d+ \(sleep\) has \/.*volumes\/data open/)
  )

  /** Verifies: LAW-1 */
  held("are named if they only have a file of it mapped", ({ data }) =>
    Effect.gen(function* () {
      const program = data("program")
      yield* Effect.promise(() => cp("/bin/sleep", program).then(() => chmod(program, 0o700)))
      yield* outsider(program, ["1000"])
      return /pid \d+ \(program\) has \/.*volumes\/data\/program open/
    })
  )

  /** Verifies: LAW-1, LAW-14 */
  check("prevent a start only if they can write", ({ app, runtime, web, data }) =>
    Effect.gen(function* () {
      const release = yield* web("1.0.0+1", `echo 1 > ${data("file")}; ${idle}`)
      yield* runtime.deploy(app, release, deadline)
      yield* runtime.undeploy(app, deadline)
      const kinds = Effect.map(runtime.preflight(app, release), (all) => all.map(({ kind }) => kind))
      yield* Effect.gen(function* () {
        yield* outsider("sleep", ["1000"], data())
        assert.deepStrictEqual(yield* kinds, [])
        yield* outsider("sh", ["-c", 'exec 7>>"$1"; exec sleep 1000', "sh", data("file")])
        yield* until("it is not refused", Effect.orDie(Effect.map(kinds, (all) => all.includes("held-volume"))))
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(yield* kinds, [])
    })
  )

  const canUnshare = execaSync("unshare", ["--mount", "true"], { reject: false }).exitCode === 0

  /** Verifies: LAW-1 */
  if (canUnshare) {
    held("are named if they mount it in a container", ({ dir, data }) =>
      Effect.gen(function* () {
        const point = join(dir, "inside")
        yield* Effect.promise(() => mkdir(point))
        const script = 'mount --bind "$1" "$2" && exec sleep 1000'
        yield* outsider("unshare", ["--mount", "sh", "-c", script, "sh", data(), point])
        return new RegExp(`pid \\d+ \\(sleep\\) has it mounted at ${point}`)
      })
    )
  } else it.skip("are named if they mount it in a container (skipped: no mount namespaces here)", () => {})
})

describe("Runtime: local, a release", () => {
  const refused = (world: LocalWorld, files: Readonly<Record<string, string>>) =>
    Effect.flatMap(world.layOut("1.0.0+1", files), (release) =>
      Effect.map(Effect.flip(world.runtime.preflight(world.app, release)), (e) => `${e._tag}: ${e.message}; ${e.next}`)
    )

  /** Verifies: LAW-14 */
  check("is refused with the line if its Procfile is missing or invalid", (world) =>
    Effect.gen(function* () {
      assert.match(yield* refused(world, {}), /^InvalidRelease: .*has no Procfile; add one/)
      assert.match(
        yield* refused(world, { Procfile: "web: a\nweb: b\n" }),
        /^InvalidRelease: .*Procfile:2: `web`.*line 1/
      )
      assert.match(
        yield* refused(world, { Procfile: "# two\nweb: echo 'open\n" }),
        /^InvalidRelease: .*Procfile:2: web: .*[Uu]nterminated quoted string/
      )
    })
  )

  /** Verifies: LAW-13 */
  check("is refused if its Procfile is a link", (world) =>
    Effect.gen(function* () {
      const release = yield* world.layOut("1.0.0+1", {})
      yield* Effect.promise(() => writeFile(join(world.dir, "shadow"), "root secret\n"))
      yield* Effect.promise(() => symlink(join(world.dir, "shadow"), join(release.dir, "Procfile")))
      const error = yield* Effect.flip(world.runtime.preflight(world.app, release))
      assert.match(error.message, /Procfile.*link/)
      assert.notInclude(error.message, "root secret")
    })
  )

  check("is refused if its env file cannot be read", ({ dir, app, runtime, web }) =>
    Effect.gen(function* () {
      const release = { ...(yield* web("1.0.0+1", idle)), envFile: join(dir, "none.env") }
      for (const error of [
        yield* Effect.flip(runtime.preflight(app, release)),
        yield* Effect.flip(runtime.deploy(app, release, deadline))
      ]) {
        assert.strictEqual(error._tag, "InvalidRelease")
        assert.include(error.message, join(dir, "none.env"))
      }
    })
  )

  /** Verifies: LAW-13 */
  check("does not run on a volume that links out of the root", ({ dir, app, runtime, web }) =>
    Effect.gen(function* () {
      const release = yield* web("1.0.0+1", "echo mine > $LASTGOOD_VOLUME_DATA/file; sleep 5")
      const elsewhere = join(dir, "elsewhere")
      yield* Effect.promise(() => mkdir(elsewhere).then(() => mkdir(join(app.dir, "volumes"), { recursive: true })))
      yield* Effect.promise(() => symlink(elsewhere, join(app.dir, "volumes", "data")))
      const hazards = yield* runtime.preflight(app, release)
      assert.deepStrictEqual(
        hazards.map(({ kind }) => kind),
        ["foreign-volume"]
      )
      assert.match(
        (yield* Effect.flip(runtime.deploy(app, release, deadline))).message,
        /expected a folder .* found a link/
      )
      assert.deepStrictEqual(yield* runtime.volumes(app), [])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(elsewhere)), [])
      for (const name of ["../../escape", "", ".."]) {
        const made = runtime.createVolume(app, { name, key: name, driver: "local", options: {}, labels: {} })
        assert.match((yield* Effect.flip(made)).message, /not a valid volume name/)
      }
    })
  )

  check(
    "runs only with the env file's variables and the documented ones",
    ({ app: plain, runtime, web, data }) =>
      Effect.gen(function* () {
        process.env["LASTGOOD_LEAK"] = "leaked"
        const app = { ...plain, volumes: ["data", "my-files.v2"] }
        const release = yield* web("1.0.0+1", `env > ${data("env.tmp")}; mv ${data("env.tmp")} ${data("env")}; ${idle}`)
        yield* runtime.deploy(app, release, deadline)
        yield* until(
          "env was not written",
          Effect.map(textOf(data("env")), (text) => text !== "")
        )
        const found = new Map(
          (yield* textOf(data("env"))).split("\n").map((line) => line.split("=", 2) as [string, string])
        )
        for (const inherited of ["PATH", "HOME", "LANG", "TZ", "PWD", "OLDPWD", "SHLVL", "_", ""])
          found.delete(inherited)
        assert.deepStrictEqual(Object.fromEntries(found), {
          QUOTED: "two words",
          LASTGOOD_APP: "notes",
          LASTGOOD_APP_DIR: app.dir,
          LASTGOOD_STACK: "notes_example_org",
          LASTGOOD_DOMAIN: "notes.example.org",
          LASTGOOD_VERSION: "1.0.0+1",
          LASTGOOD_COMMIT: "commit-of-1.0.0+1",
          LASTGOOD_PROCESS: "web",
          LASTGOOD_VOLUME_DATA: data(),
          LASTGOOD_VOLUME_MY_FILES_V2: join(app.dir, "volumes", "my-files.v2")
        })
      }),
    "# a comment\nQUOTED='two words'\nLASTGOOD_VERSION=mine\n"
  )

  check("that only differs in its env file is restarted", ({ app, runtime, web, data }) =>
    Effect.gen(function* () {
      const release = yield* web("1.0.0+1", `echo $A >> ${data("starts")}; ${idle}`)
      yield* runtime.deploy(app, release, deadline)
      yield* Effect.promise(() => writeFile(app.envFile ?? "", "A=2\n"))
      yield* runtime.deploy(app, release, deadline)
      assert.strictEqual(yield* textOf(data("starts")), "1\n2\n")
    })
  )

  /** Verifies: LAW-2 */
  check("starts only after the previous one has finished writing", ({ app, runtime, web, data }) =>
    Effect.gen(function* () {
      const slow = "i=0; while [ $i -lt 10 ]; do echo old >> $LOG; i=$((i+1)); sleep 0.1; done; exit 0"
      const old = `LOG=${data("log")}; trap '${slow}' TERM; echo up >> $LOG; while :; do sleep 0.1; done`
      yield* runtime.deploy(app, yield* web("1.0.0+1", old), deadline)
      yield* runtime.deploy(app, yield* web("2.0.0+1", `echo new >> ${data("log")}; ${idle}`), deadline)
      yield* Effect.sleep(1200)
      assert.strictEqual(yield* textOf(data("log")), `up\n${"old\n".repeat(10)}new\n`)
    })
  )

  check("that fails is reported with its own last log lines, not those of an earlier one", ({ app, runtime, web }) =>
    Effect.gen(function* () {
      yield* runtime.deploy(app, yield* web("1.0.0+1", `echo from the first; ${idle}`), deadline)
      const error = yield* Effect.flip(
        runtime.deploy(app, yield* web("2.0.0+1", "echo no config; echo at all >&2; exit 7"), deadline)
      )
      assert.match(error.message, /web ended at once \(exit code 7\): no config\nat all$/)
    })
  )
})

describe("Runtime: local, commands beside an app", () => {
  check("are ended at their deadline with everything that they started", ({ dir, app, runtime, web }) =>
    Effect.gen(function* () {
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      const start = yield* Clock.currentTimeMillis
      yield* Effect.timeoutOption(runtime.exec(app, `sleep 1000 & tail -f ${dir}/notes.env; true`, undefined), 500)
      assert.isBelow((yield* Clock.currentTimeMillis) - start, 3000)
      yield* until(
        "the command went on",
        Effect.map(mentioning(`${dir}/notes.env`), (left) => left.every(({ command }) => !command.startsWith("tail")))
      )
    })
  )

  check("do not wait for background processes, which end with the app", ({ app, runtime, web }) =>
    Effect.gen(function* () {
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      const start = yield* Clock.currentTimeMillis
      assert.strictEqual((yield* runtime.exec(app, "sleep 1000 & echo done", undefined)).output, "done\n")
      assert.isBelow((yield* Clock.currentTimeMillis) - start, 3000)
      yield* runtime.undeploy(app, deadline)
      assert.strictEqual(yield* countOf(app.dir), 0)
    })
  )
})
