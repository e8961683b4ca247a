/** A stack whose images are followed by a tag that moves: deployed, and put back, by digest. */
import { assert, beforeAll, it } from "@effect/vitest"
import { forgetImage, forgetKept, hasImage, pruneAll, pushRunning } from "@lastgood/testing/dockerImages"
import { dropTag, missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { describeNeeding } from "../../needing.ts"
import { breaks, serves, world } from "../images.ts"

vi.setConfig({ testTimeout: 600_000 })

const imageOf = (stack: string, service: string) =>
  Effect.promise(async () => {
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}"
    const { stdout } = await execa("docker", ["service", "inspect", `${stack}_${service}`, "--format", format])
    return stdout
  })

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "images of a registry", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-2, LAW-9 */
  describeSwarm("a stack that follows `latest`", () => {
    it.live(
      "runs its digest, and goes back to it when the tag has moved, when it is gone, and without its registry",
      () =>
        Effect.gen(function* () {
          const registry = yield* startRegistry()
          const latest = `${registry.host}/acme/app:latest`
          const first = yield* pushRunning(latest, serves("1.0.0"))
          const { app, log, must, stack, status } = yield* world("swarm", "digest", { web: latest })
          yield* must(0, "deploy", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${first}`)

          // The tag has moved: the version that breaks its data is rolled back to the digest.
          yield* pushRunning(latest, breaks("1.1.0"))
          yield* must(3, "upgrade", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${first}`)
          assert.deepStrictEqual(new Set(yield* log), new Set(["1.0.0"]))

          const third = yield* pushRunning(latest, serves("1.2.0"))
          yield* must(0, "upgrade", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${third}`)

          // The tag is gone and the host has lost the image: it is pulled by its digest.
          dropTag(registry, "acme/app", "latest")
          yield* forgetKept(app)
          yield* forgetImage(`${registry.host}/acme/app@${first}`)
          assert.isFalse(yield* hasImage(`${registry.host}/acme/app@${first}`))
          yield* must(0, "rollback", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${first}`)

          // The registry is gone, and images that nothing runs were pruned.
          const fourth = yield* pushRunning(latest, serves("1.3.0"))
          yield* must(0, "upgrade", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${fourth}`)
          yield* pruneAll(registry.host)
          registry.stop()
          yield* must(0, "rollback", app)
          assert.strictEqual(yield* imageOf(stack, "web"), `${latest}@${first}`)
          assert.match((yield* status).running ?? "", /\+web=1\.0\.0$/)
        })
    )
  })
})
