/** The observed state of an app that is changed by hand, with a swarm and docker compose on a real engine. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll } from "@effect/vitest"
import { sameConfig } from "@lastgood/core/domain/sameConfig"
import { run } from "@lastgood/core/process/Tool"
import type { Inspection, Runtime, ServiceInspection } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import { compose } from "./compose.ts"
import { composeEnv, composeTest, describeCompose } from "./composePlugin.ts"
import { busyboxImage, ensureImages, volumeImage } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, runtimeTest, waitUntil } from "./runtimeTest.ts"
import type { TestStack } from "./testStack.ts"

const serviceOf = ({ services }: Inspection, name: string): ServiceInspection =>
  services.find((s) => s.name === name) ?? assert.fail(`there is no service ${name}`)

const imageId = Effect.map(run("docker", ["image", "inspect", "--format", "{{.Id}}", busyboxImage]), ({ stdout }) =>
  stdout.trim()
)
const docker = (...args: ReadonlyArray<string>) => run("docker", args, { timeoutMs: 60_000 })
const healthcheck = { test: ["CMD", "true"], interval: "1s" }

const waitFor = (
  what: string,
  runtime: Runtime,
  { app }: Pick<TestStack, "app">,
  holds: (seen: Inspection) => boolean
) => waitUntil(what, Effect.map(runtime.inspect(app), holds))

describeSwarm("the observed state of a stack on a swarm", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-16 */
  runtimeTest("reports image, health and restarts, and each change by hand", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const files = compose({ web: { healthcheck }, all: { deploy: { mode: "global" } } })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      yield* waitFor("it is not healthy", runtime, stack, (seen) => serviceOf(seen, "web").health === "healthy")
      const first = yield* runtime.inspect(app)
      const web = serviceOf(first, "web")
      assert.deepStrictEqual([web.image, web.digest, web.replicas], [busyboxImage, yield* imageId, 1])
      assert.deepStrictEqual([serviceOf(first, "all").replicas, serviceOf(first, "all").health], [null, null])
      const name = `${app.stack}_web`
      const update = (...args: ReadonlyArray<string>) => docker("service", "update", "--detach", ...args, name)
      const isSame = Effect.map(runtime.inspect(app), (seen) => sameConfig(serviceOf(seen, "web").config, web.config))
      yield* update("--force")
      assert.isTrue(yield* isSame, "after a restart by hand")
      const changes: ReadonlyArray<readonly [there: ReadonlyArray<string>, back: ReadonlyArray<string>]> = [
        [
          ["--env-add", "A=1"],
          ["--env-rm", "A"]
        ],
        [
          ["--image", volumeImage, "--no-resolve-image"],
          ["--image", busyboxImage, "--no-resolve-image"]
        ],
        [
          ["--replicas", "0"],
          ["--replicas", "1"]
        ],
        [
          ["--limit-memory", "64M"],
          ["--limit-memory", "0"]
        ]
      ]
      for (const [there, back] of changes) {
        yield* update(...there)
        assert.isFalse(yield* isSame, there.join(" "))
        yield* update(...back)
        assert.isTrue(yield* isSame, back.join(" "))
      }
      yield* docker("service", "scale", "--detach", `${name}=0`)
      assert.deepStrictEqual([serviceOf(yield* runtime.inspect(app), "web").replicas, yield* isSame], [0, false])
    })
  )

  /** Verifies: LAW-16 */
  runtimeTest("detects a stack that somebody deployed from another file, partly or completely", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {}, db: {} })), deadline)
      const deployByHand = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
        const file = join(app.dir, "by-hand.yml")
        yield* Effect.promise(() => writeFile(file, files["compose.yml"] ?? ""))
        yield* docker("stack", "deploy", "--resolve-image", "never", "--compose-file", file, app.stack)
        return yield* runtime.inspect(app)
      })
      const part = yield* deployByHand(compose({ web: {} }))
      assert.deepStrictEqual([part.mixed, part.version, part.commit], [true, null, null])
      assert.deepStrictEqual([serviceOf(part, "web").version, serviceOf(part, "db").version], [null, "1.0.0+1"])
      const whole = yield* deployByHand(compose({ web: {}, db: {}, more: {} }))
      assert.deepStrictEqual([whole.mixed, whole.version, whole.commit], [false, null, null])
      assert.deepStrictEqual(
        whole.services.map((s) => s.name),
        ["db", "more", "web"]
      )
    })
  )

  /** Verifies: LAW-16 */
  runtimeTest("counts the restarts of a service", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const policy = { restart_policy: { condition: "any", delay: "0s" } }
      const files = compose({ web: {}, loop: { command: ["sh", "-c", "sleep 4; exit 1"], deploy: policy } })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      yield* waitFor("it is not restarted", runtime, stack, (seen) => serviceOf(seen, "loop").restarts > 0)
      assert.strictEqual(serviceOf(yield* runtime.inspect(app), "web").restarts, 0)
    })
  )
})

describeCompose("the observed state of a docker compose project", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-16 */
  composeTest("reports image, health and restarts, and each change by hand", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const one = yield* release("1.0.0+1", compose({ web: { healthcheck }, db: {} }))
      yield* runtime.deploy(app, one, deadline)
      yield* waitFor("it is not healthy", runtime, stack, (seen) => serviceOf(seen, "web").health === "healthy")
      const first = yield* runtime.inspect(app)
      const web = serviceOf(first, "web")
      assert.deepStrictEqual([web.image, web.digest, web.replicas], [busyboxImage, yield* imageId, 1])
      const name = `${app.stack}-web-1`
      const seen = Effect.map(runtime.inspect(app), (now) => serviceOf(now, "web"))
      yield* docker("restart", "--time", "1", name)
      assert.deepStrictEqual([(yield* seen).config, (yield* seen).version], [web.config, "1.0.0+1"], "after a restart")
      yield* docker("update", "--memory", "64M", "--memory-swap", "64M", name)
      assert.isFalse(sameConfig((yield* seen).config, web.config), "after docker update")
      // Compose takes away what it does not know only when it is asked to.
      const project = ["compose", "--project-name", app.stack, "--file", join(one.dir, "compose.yml"), "up", "--detach"]
      yield* run("docker", [...project, "web"], { env: composeEnv, timeoutMs: 60_000 })
      const part = yield* runtime.inspect(app)
      assert.deepStrictEqual([part.mixed, part.version, part.commit], [true, null, null])
      assert.deepStrictEqual([serviceOf(part, "web").version, serviceOf(part, "db").version], [null, "1.0.0+1"])
      yield* run("docker", [...project, "--scale", "db=2"], { env: composeEnv, timeoutMs: 60_000 })
      const whole = yield* runtime.inspect(app)
      assert.deepStrictEqual([whole.mixed, whole.version, serviceOf(whole, "db").replicas], [false, null, 2])
    })
  )

  /** Verifies: LAW-16 */
  composeTest("counts the restarts of a container", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const loop = { command: ["sh", "-c", "sleep 4; exit 1"], restart: "always" }
      yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: {}, loop })), deadline)
      yield* waitFor("it is not restarted", runtime, stack, (seen) => serviceOf(seen, "loop").restarts > 0)
      assert.strictEqual(serviceOf(yield* runtime.inspect(app), "web").restarts, 0)
    })
  )
})
