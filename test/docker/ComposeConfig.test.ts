// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** How often `docker compose config` runs: an attempt reads the same project in each of its steps. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { compose, idle } from "./compose.ts"
import { composeRuntime, describeCompose } from "./composePlugin.ts"
import { busyboxImage, ensureImages } from "./images.ts"
import { deadline, withData } from "./runtimeTest.ts"
import { testStack } from "./testStack.ts"

describeCompose("The configuration of a project", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  it.live(
    "is read once for what comes together, and anew when a file or the env file changed",
    () =>
      Effect.gen(function* () {
        const { app, release } = yield* testStack("WORD=one\n", "compose")
        const { stdout } = yield* run("sh", ["-c", "command -v docker"])
        const counted = join(app.dir, "counted")
        const script = [
          "#!/bin/sh",
          `case "$*" in *" config --format json"*) echo read >> ${counted};; esac`,
          `exec ${stdout.trim()} "$@"`
        ]
        yield* Effect.promise(() => writeFile(join(app.dir, "docker"), script.join("\n"), { mode: 0o755 }))
        const runtime = yield* composeRuntime({ PATH: `${app.dir}:${process.env["PATH"]}` })
        const times = Effect.promise(async () => (await readFile(counted, "utf8").catch(() => "")).length / 5)
        const service = { volumes: ["data:/data"], command: idle, environment: { WORD: "${WORD}" } }
        const one = yield* release("1.0.0+1", compose({ web: service }, withData))

        yield* runtime.preflight(app, one)
        yield* runtime.declared(app, one)
        yield* runtime.deploy(app, one, deadline)
        assert.strictEqual(yield* times, 1)

        assert.isNotNull(one.envFile)
        yield* Effect.promise(() => writeFile(one.envFile ?? "", "WORD=two\n"))
        yield* runtime.deploy(app, one, deadline)
        assert.strictEqual(yield* times, 2)
        const { stdout: env } = yield* run("docker", ["exec", `${app.stack}-web-1`, "sh", "-c", "echo $WORD"])
        assert.strictEqual(env.trim(), "two")

        const file = JSON.stringify({ services: { web: { image: busyboxImage }, more: { image: busyboxImage } } })
        yield* Effect.promise(() => writeFile(join(one.dir, "compose.yml"), file))
        yield* runtime.declared(app, one)
        assert.strictEqual(yield* times, 3)

        // A project that compose refuses is read again each time.
        yield* Effect.promise(() => writeFile(join(one.dir, "compose.yml"), "services: []"))
        yield* Effect.flip(runtime.declared(app, one))
        yield* Effect.flip(runtime.declared(app, one))
        assert.strictEqual(yield* times, 5)
      }).pipe(Effect.scoped),
    240_000
  )
})
