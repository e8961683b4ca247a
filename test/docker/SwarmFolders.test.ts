/** Data folders of a stack on a real swarm: absolute bind mounts, and services of other stacks that mount the same. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { compose } from "./compose.ts"
import { busyboxImage, ensureImages } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, kinds, runtimeTest } from "./runtimeTest.ts"
import { removeStack } from "./testStack.ts"

describeSwarm("Swarm with data folders", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-1, LAW-14 */
  runtimeTest("takes an absolute folder as data, and asks about one that another stack mounts", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const { folders } = runtime
      if (folders === undefined) throw new Error("the runtime has no data folders")
      const data = join(yield* temporaryFolder(), "data")
      mkdirSync(data)
      writeFileSync(join(data, "x"), "1")
      const one = yield* release("1.0.0+1", compose({ web: { volumes: [`${data}:/data`] } }))
      assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
      assert.deepStrictEqual(yield* folders(app, one), { data: [data], external: [], unused: [] })
      yield* runtime.deploy(app, one, deadline)
      // What runs mounts it too.
      const none = yield* release("2.0.0+2", compose({ web: {} }))
      assert.deepStrictEqual(yield* folders(app, none), { data: [data], external: [], unused: [] })
      const [volume] = yield* runtime.volumes(app, [data])
      assert.deepStrictEqual([volume?.kind, volume?.name], ["folder", data])

      const other = `${app.stack}-service`
      yield* Effect.addFinalizer(() => Effect.orDie(removeStack(other)))
      const mount = `type=bind,source=${data},target=/x`
      const flags = ["--restart-delay", "1h", "--endpoint-mode", "dnsrr", "--detach", "--mount", mount]
      yield* run("docker", ["service", "create", "--name", other, ...flags, busyboxImage, "false"])
      const [asked, ...more] = yield* runtime.preflight(app, one)
      assert.deepStrictEqual([asked?.kind, more], ["unanswered-folder", []])
      assert.include(asked?.what, `service ${other} too`)
      const own = { ...app, data: new Map([[data, "own" as const]]) }
      assert.deepStrictEqual(kinds(yield* runtime.preflight(own, one)), ["shared-volume"])
      const external = { ...app, data: new Map([[data, "external" as const]]) }
      assert.deepStrictEqual(yield* runtime.preflight(external, one), [])
      assert.deepStrictEqual(yield* folders(external, one), { data: [], external: [data], unused: [] })
      const error = yield* Effect.flip(runtime.undeploy(app, 1000, [data]))
      assert.include(error.message, `data folder ${data} is in use outside of the stack: service ${other}`)
      yield* run("docker", ["service", "rm", other])
      yield* runtime.undeploy(app, deadline, [data])
      yield* runtime.assertQuiet(app, [data])
      const relative = yield* release("3.0.0+3", { ...compose({ web: { volumes: ["./own:/own"] } }), "own/x": "" })
      assert.deepStrictEqual(kinds(yield* runtime.preflight(app, relative)), ["relative-folder"])
    })
  )
})
