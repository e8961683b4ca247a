/** LAW-1 on a swarm: everybody else who could write to an app's volume is seen, before an upgrade and in its quiet window. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { assert, beforeAll } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import { compose, idle } from "./compose.ts"
import { busyboxImage, ensureImages } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, dockerLines, kinds, runtimeTest, waitUntil, withData } from "./runtimeTest.ts"
import { removeStack, type TestStack } from "./testStack.ts"

/** Up, with one volume. */
const deployed = Effect.fnUntraced(function* (runtime: Runtime, { app, release }: TestStack) {
  const files = compose(
    { web: { command: ["sh", "-c", `echo 1 > /data/file; ${idle[2]}`], volumes: ["data:/data"] } },
    withData
  )
  const one = yield* release("1.0.0+1", files)
  yield* runtime.deploy(app, one, deadline)
  const [volume] = yield* runtime.volumes(app)
  return { one, folder: volume?.path ?? "/nowhere" }
})

const leftOf = (runtime: Runtime, { app }: TestStack) =>
  runtime.assertQuiet(app).pipe(
    Effect.as<ReadonlyArray<string>>([]),
    Effect.catchTag("NotQuiet", ({ left }) => Effect.succeed(left))
  )

/** A process of this host, which is ended when the scope closes. */
const process = (command: ReadonlyArray<string>, cwd = "/") =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly pid: number }>((resolve, reject) => {
          const [file = "", ...args] = command
          const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "ignore"], detached: true })
          child.once("error", reject)
          child.stdout.once("data", () => resolve({ pid: child.pid ?? 0 }))
        })
    ),
    ({ pid }) => Effect.sync(() => globalThis.process.kill(-pid, "SIGKILL"))
  )

describeSwarm("Swarm, other users of a volume", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-1, LAW-14 */
  runtimeTest(
    "is not quiet while a process of the host could write to it, and reports that as a hazard",
    (runtime, stack) =>
      Effect.gen(function* () {
        const { app } = stack
        const { one, folder } = yield* deployed(runtime, stack)
        const file = join(folder, "file")
        assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
        const appends = ["sh", "-c", 'exec 5>> "$1"; echo ready; exec sleep 1000', "sh", file]
        yield* Effect.gen(function* () {
          const { pid } = yield* process(appends)
          const [hazard] = yield* runtime.preflight(app, one)
          assert.strictEqual(hazard?.kind, "held-volume")
          assert.include(hazard?.what, `pid ${pid} (sleep) has ${file} open`)
          const error = yield* Effect.flip(runtime.undeploy(app, 20_000))
          assert.strictEqual(error._tag, "NotQuiet")
          assert.deepStrictEqual(yield* leftOf(runtime, stack), [
            `volume ${app.stack}_data is in use outside of the stack: pid ${pid} (sleep) has ${file} open`
          ])
        }).pipe(Effect.scoped)
        yield* runtime.undeploy(app, deadline)
        yield* runtime.assertQuiet(app)
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest("counts a working folder and a mapped file, but not a file that is only read", (runtime, stack) =>
    Effect.gen(function* () {
      const { app } = stack
      const { folder } = yield* deployed(runtime, stack)
      yield* runtime.undeploy(app, deadline)
      const during = (command: ReadonlyArray<string>, cwd?: string) =>
        Effect.scoped(Effect.andThen(process(command, cwd), leftOf(runtime, stack)))
      const file = join(folder, "file")
      assert.deepStrictEqual(yield* during(["sh", "-c", 'exec 5< "$1"; echo ready; exec sleep 1000', "sh", file]), [])
      assert.match(
        (yield* during(["sh", "-c", "echo ready; exec sleep 1000"], folder)).join(),
        /outside of the stack: pid \d+ \(sleep\) has /
      )
      const maps =
        "import mmap,sys,time; f=open(sys.argv[1],'r+b'); m=mmap.mmap(f.fileno(),0); f.close(); print('ready',flush=True); time.sleep(1000)"
      const python = yield* run("sh", ["-c", "command -v python3 || true"])
      if (python.stdout !== "") {
        assert.match(
          (yield* during(["python3", "-c", maps, file])).join(),
          /outside of the stack: pid \d+ \(python3\) has /
        )
      }
    })
  )

  /** Verifies: LAW-1, LAW-14 */
  runtimeTest("is not quiet while a container that was started by hand mounts it, in any state", (runtime, stack) =>
    Effect.gen(function* () {
      const { app } = stack
      const { one } = yield* deployed(runtime, stack)
      const other = `${app.stack}-other`
      const mount = ["--name", other, "--volume", `${app.stack}_data:/x`]
      const make: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>> = {
        created: [["create", ...mount, busyboxImage, ...idle]],
        paused: [
          ["run", "--detach", ...mount, busyboxImage, ...idle],
          ["pause", other]
        ],
        exited: [["run", ...mount, busyboxImage, "true"]],
        restarting: [["run", "--detach", "--restart", "always", ...mount, busyboxImage, "false"]]
      }
      const others: Array<string> = []
      for (const [state, commands] of Object.entries(make)) {
        yield* Effect.forEach(commands, (args) => run("docker", args))
        if (state === "restarting") {
          yield* waitUntil(
            "it never waits for its next start",
            Effect.map(
              dockerLines("ps", "--all", "--quiet", "--filter", `name=${other}`, "--filter", "status=restarting"),
              (ids) => ids.length > 0
            )
          )
        }
        const hazards = yield* runtime.preflight(app, one)
        assert.deepStrictEqual(kinds(hazards), ["shared-volume"], state)
        others.push(...(yield* leftOf(runtime, stack)).filter((left) => left.includes(other)))
        yield* run("docker", ["rm", "--force", other])
      }
      const text = (state: string) =>
        `volume ${app.stack}_data is in use outside of the stack: container ${other} (${state})`
      assert.deepStrictEqual(
        others.map((left) => left.replace("(running)", "(restarting)")),
        Object.keys(make).map(text)
      )
      assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
    })
  )

  /** Verifies: LAW-1, LAW-14 */
  runtimeTest(
    "is not quiet while a service of another stack mounts it, also between two of its tasks",
    (runtime, stack) =>
      Effect.gen(function* () {
        const { app } = stack
        const { one } = yield* deployed(runtime, stack)
        const other = `${app.stack}-service`
        const mount = `type=volume,source=${app.stack}_data,target=/x`
        yield* Effect.addFinalizer(() => Effect.orDie(removeStack(other)))
        const restart = ["--restart-delay", "1h", "--endpoint-mode", "dnsrr", "--detach"]
        yield* run("docker", [
          "service",
          "create",
          "--name",
          other,
          "--mount",
          mount,
          ...restart,
          busyboxImage,
          "false"
        ])
        const ended = dockerLines("ps", "--all", "--quiet", "--filter", `name=${other}`, "--filter", "status=exited")
        yield* waitUntil(
          "its task did not end",
          Effect.map(ended, (ids) => ids.length > 0)
        )
        yield* run("docker", ["rm", ...(yield* ended)])
        assert.deepStrictEqual(kinds(yield* runtime.preflight(app, one)), ["shared-volume"])
        assert.include(
          (yield* Effect.flip(runtime.undeploy(app, 1000))).message,
          `outside of the stack: service ${other}`
        )
        yield* run("docker", ["service", "scale", "--detach", `${other}=0`])
        yield* runtime.undeploy(app, deadline)
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest(
    "is quiet beside a monitor that mounts Docker's folder, until that opens a file of it",
    (runtime, stack) =>
      Effect.gen(function* () {
        const { app } = stack
        const { folder } = yield* deployed(runtime, stack)
        yield* runtime.undeploy(app, deadline)
        const volumes = join(folder, "../..")
        const monitor = `${app.stack}-monitor`
        yield* run("docker", [
          "run",
          "--detach",
          "--name",
          monitor,
          "--volume",
          `${volumes}:/all`,
          busyboxImage,
          ...idle
        ])
        assert.deepStrictEqual(yield* leftOf(runtime, stack), [])
        const file = `/all/${app.stack}_data/_data/file`
        yield* run("docker", ["exec", "--detach", monitor, "sh", "-c", `exec 5>> ${file}; exec sleep 1000`])
        yield* waitUntil(
          "it does not open the file",
          Effect.map(leftOf(runtime, stack), (left) => left.length > 0)
        )
        assert.match(
          (yield* leftOf(runtime, stack)).join(),
          new RegExp(`outside of the stack: pid \\d+ \\(sleep\\) has ${file} open`)
        )
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest("counts users of a bound volume's folder, by any name", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const device = join(app.dir, "bound")
      yield* run("mkdir", [device])
      const bound = { driver: "local", driver_opts: { type: "none", o: "bind", device } }
      const files = compose({ web: { volumes: ["data:/data"] } }, { volumes: { data: bound } })
      const one = yield* release("1.0.0+1", files)
      yield* runtime.deploy(app, one, deadline)
      assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
      yield* runtime.undeploy(app, deadline)
      // Linked: only the kernel knows that it is the same folder.
      yield* run("ln", ["-s", device, join(app.dir, "link")])
      const other = `${app.stack}-other`
      for (const source of [device, join(app.dir, "link"), join(device, ".")]) {
        yield* run("docker", ["run", "--detach", "--name", other, "--volume", `${source}:/x`, busyboxImage, ...idle])
        assert.lengthOf(yield* leftOf(runtime, stack), 1, source)
        yield* run("docker", ["rm", "--force", other])
      }
      assert.deepStrictEqual(yield* leftOf(runtime, stack), [])
    })
  )
})
