/** The contract of the port `Commands`, over processes of this host. */
import { closeSync, openSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { type Argv, CommandOutput, Commands } from "@lastgood/core/command/Commands"
import { layer } from "@lastgood/core/command/HostCommands"
import type { EffectiveApp } from "@lastgood/core/domain/App"
import { processInfo } from "@lastgood/core/host/Proc"
import { InheritedFds } from "@lastgood/core/process/Tool"
import { mentioning, processFolder } from "@lastgood/testing/processes"
import { testApp } from "@lastgood/testing/testApp"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execa } from "execa"
import { waitUntil } from "../e2e/harness.ts"

vi.setConfig({ testTimeout: 60_000 })

const app = testApp({ name: "demo" })

/** Everything that is started here has the folder's name in its environment, and is gone with the scope. */
const world = Effect.gen(function* () {
  const folder = yield* processFolder
  const printed = { stdout: "", stderr: "" }
  const attempt = `attempt-${folder.slice(-6)}`
  const output: CommandOutput = async (stream, chunk) => {
    printed[stream] += Buffer.from(chunk).toString()
  }
  const run = (
    argv: Argv,
    options: { readonly timeoutMs?: number; readonly envFiles?: ReadonlyArray<string>; readonly of?: EffectiveApp } = {}
  ) =>
    Commands.use((commands) =>
      commands.run(options.of ?? app, {
        argv,
        attempt,
        env: { FOLDER: folder },
        timeoutMs: 30_000,
        envFiles: [],
        ...options
      })
    ).pipe(Effect.provideService(CommandOutput, output), Effect.provide(layer))
  const sh = (script: string, options: Parameters<typeof run>[1] = {}) => run(["sh", "-c", script], options)
  return { folder, attempt, printed, run, sh, left: mentioning(folder) }
})

/** In the command's own group, and known by nothing else: its environment is empty. */
const bare = (folder: string) => `env -i sh -c 'echo $$ > ${folder}/pid; exec sleep 1000' >/dev/null 2>&1 &
  while ! test -s ${folder}/pid; do sleep 0.05; done`

/** Does not mind SIGTERM, in a session of its own, with a child. */
const stubborn = `trap "" TERM; setsid sh -c 'trap "" TERM; echo away; sleep 1000; sleep 1000' & echo here; sleep 1000; sleep 1000`

describe("a command", () => {
  it.live("gets an argument list and variables, but no standard input", () =>
    Effect.gen(function* () {
      const { folder, printed, run, sh } = yield* world
      const end = yield* run(["printf", "%s|", "a b", "$HOME", "*"])
      assert.deepStrictEqual(end, { code: 0, signal: null, timedOut: false, output: "a b|$HOME|*|" })
      assert.strictEqual(printed.stdout, "a b|$HOME|*|")
      yield* sh('cat; printf %s "$FOLDER"')
      // As the user sees it: where the temporary folder is called by a variable, the evidence leaves that out.
      assert.strictEqual(printed.stdout, `a b|$HOME|*|${folder}`)
    })
  )

  it.live("prints to the user while it runs, byte for byte, and ends with its own code or signal", () =>
    Effect.gen(function* () {
      const { folder, printed, sh } = yield* world
      const fiber = yield* Effect.forkChild(
        sh(`printf 'one\\033[1m'; echo two >&2; while ! test -e ${folder}/go; do sleep 0.05; done; exit 7`)
      )
      yield* waitUntil(
        "nothing was printed",
        Effect.sync(() => printed.stdout === "one\x1b[1m" && printed.stderr === "two\n")
      )
      yield* Effect.promise(() => writeFile(join(folder, "go"), ""))
      assert.deepInclude(yield* Fiber.join(fiber), { code: 7, signal: null })
      assert.deepInclude(yield* sh("kill -ABRT $$"), { code: null, signal: "SIGABRT" })
    })
  )

  it.live("with too much output is reported by the end of it", () =>
    Effect.gen(function* () {
      const { printed, sh } = yield* world
      const { output } = yield* sh("seq 1 200000; echo the end")
      assert.isBelow(output.length, 2001)
      assert.match(output, /^\d+\n[\s\S]*200000\nthe end$/)
      assert.match(printed.stdout, /^1\n2\n/)
    })
  )

  it.live(
    "that times out is ended with everything that it started, also processes that left its group or ignore SIGTERM",
    () =>
      Effect.gen(function* () {
        const { left, printed, sh } = yield* world
        const start = yield* Clock.currentTimeMillis
        assert.deepInclude(yield* sh(stubborn, { timeoutMs: 1000 }), { timedOut: true })
        assert.match(printed.stdout, /here/)
        assert.match(printed.stdout, /away/)
        assert.deepStrictEqual(yield* left, [])
        const took = (yield* Clock.currentTimeMillis) - start
        assert.isTrue(took > 5000 && took < 20_000, `it had ${took} ms`)
      })
  )

  it.live("leaves no process behind when it ends", () =>
    Effect.gen(function* () {
      const { left, sh } = yield* world
      assert.deepInclude(yield* sh("sleep 1000 & setsid sleep 1000 & exit 0"), { code: 0, timedOut: false })
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.live("is ended when its caller is interrupted", () =>
    Effect.gen(function* () {
      const { left, printed, sh } = yield* world
      const fiber = yield* Effect.forkChild(sh("echo here; sleep 1000"))
      yield* waitUntil(
        "it does not run",
        Effect.sync(() => printed.stdout !== "")
      )
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.live("of a killed lastgood is ended by its attempt id, and no other command is", () =>
    Effect.gen(function* () {
      const { attempt, folder, left } = yield* world
      const start = (of: string) =>
        execa("sleep", ["1000"], { detached: true, reject: false, env: { FOLDER: folder, LASTGOOD_TRY: of } })
      const [one, other] = [start(attempt), start(`${attempt}-other`)]
      yield* waitUntil(
        "they do not run",
        Effect.map(left, (found) => found.length === 2)
      )
      yield* Commands.use((commands) => commands.end(attempt)).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        (yield* left).map(({ pid }) => pid),
        [other.pid]
      )
      yield* Effect.promise(() => one)
    })
  )

  /** Verifies: LAW-7 */
  it.live("does not inherit the claim", () =>
    Effect.gen(function* () {
      const { folder, sh } = yield* world
      const file = join(folder, "claim")
      const fd = yield* Effect.acquireRelease(
        Effect.sync(() => openSync(file, "w")),
        (open) => Effect.sync(() => closeSync(open))
      )
      const { output } = yield* Effect.provideService(sh("ls -l /proc/$$/fd"), InheritedFds, [fd])
      assert.match(output, / 2 -> /)
      assert.notInclude(output, file)
    })
  )

  /** Verifies: LAW-12 */
  it.live("is reported without secrets of the env file, of its arguments, or by their form", () =>
    Effect.gen(function* () {
      const { folder, printed, run } = yield* world
      const env = join(folder, "env")
      yield* Effect.promise(() => writeFile(env, "ADMIN_PASSWORD=correct-horse\n"))
      const script =
        'printf "in two correct-"; printf " \\n" >&2; echo horse; echo "user:$1"; echo "token: ghp_0123456789abcdef"'
      const { output } = yield* run(["sh", "-c", script, "--password", "battery-staple"], { envFiles: [env] })
      for (const secret of ["correct-horse", "battery-staple", "ghp_0123456789abcdef"]) {
        assert.notInclude(output, secret)
      }
      assert.include(output, "in two ***")
      assert.include(printed.stdout, "in two correct-horse")
    })
  )

  /** Verifies: LAW-7 */
  it.live("leaves no process of its group behind, also without its environment", () =>
    Effect.gen(function* () {
      const { folder, sh } = yield* world
      assert.strictEqual((yield* sh(bare(folder))).code, 0)
      const pid = Number(yield* Effect.promise(() => readFile(join(folder, "pid"), "utf8")))
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(() => process.kill(pid, "SIGKILL"))))
      assert.isNull(processInfo(pid))
    })
  )

  /** Verifies: LAW-12 */
  it.live("is reported without secrets of lastgood's environment and the app's plugin", () =>
    Effect.gen(function* () {
      const { run } = yield* world
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          process.env["LASTGOOD_TEST_MAIL_PASSWORD"] = "own-environment"
        }),
        () => Effect.sync(() => void delete process.env["LASTGOOD_TEST_MAIL_PASSWORD"])
      )
      const of = testApp({ extension: { plugin: "mine", gates: [], hooks: [], secrets: ["of-the-plugin"] } })
      const script = 'echo "$LASTGOOD_TEST_MAIL_PASSWORD of-the-$0 own"'
      const { output } = yield* run(["sh", "-c", script, "plugin"], { of })
      assert.strictEqual(output, "*** *** own")
    })
  )

  it.live("that does not exist is reported before the attempt", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* world
      yield* Effect.promise(() => writeFile(join(folder, "data"), "", { mode: 0o644 }))
      const find = (program: string) =>
        Effect.result(Commands.use((commands) => commands.find(program)).pipe(Effect.provide(layer)))
      assert.strictEqual((yield* find("sh"))._tag, "Success")
      assert.strictEqual((yield* find("/bin/sh"))._tag, "Success")
      for (const program of ["", "no-such-program", join(folder, "data"), folder]) {
        assert.strictEqual((yield* find(program))._tag, "Failure", program)
      }
      const end = yield* run([join(folder, "none")])
      assert.deepInclude(end, { code: null, signal: null })
      assert.match(end.output, /ENOENT/)
    })
  )
})
