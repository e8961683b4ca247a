// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
import { beforeAll } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import * as Effect from "effect/Effect"
import { compose } from "../docker/compose.ts"
import { busyboxImage, ensureImages } from "../docker/images.ts"
import { describeSwarm } from "../docker/requireDocker.ts"
import { testStack } from "../docker/testStack.ts"
import { password, type Subject, suite } from "./RuntimeSuite.ts"

const serviceOf = (script: string) => ({
  command: ["sh", "-c", `DATA=/data; ${script}`],
  volumes: ["data:/data"],
  environment: { PASSWORD: "${PASSWORD:?}" },
  deploy: { restart_policy: { condition: "none" } }
})

const make = Effect.gen(function* () {
  const { app, release } = yield* testStack(`PASSWORD=${password}\n`)
  const subject: Subject = {
    runtime: yield* makeSwarmRuntime,
    app,
    release: (version, services) => {
      const named = Object.entries(services).map(([name, script]) => [name, serviceOf(script)] as const)
      return release(version, compose(Object.fromEntries(named), { volumes: { data: {} } }))
    },
    invalid: release("9.0.0+9", { "compose.yml": "services: [not, a, map]" }),
    holdData: Effect.gen(function* () {
      const name = `${app.stack}-holder`
      yield* Effect.acquireRelease(
        run("docker", ["run", "--detach", "--name", name, "--volume", `${app.stack}_data:/x`, busyboxImage, "top"]),
        () => Effect.orDie(run("docker", ["rm", "--force", name]))
      )
      return name
    })
  }
  return subject
})

suite("swarm", make, {
  deadlineMs: 60_000,
  timeoutMs: 90_000,
  describe: (name, body) =>
    describeSwarm(name, () => {
      beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)
      body()
    })
})
