/** The tutorial from Watchtower, run as a reader does on a real engine, with the registry and the images of the tests. */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { forgetKept } from "@lastgood/testing/dockerImages"
import { freePort } from "@lastgood/testing/freePort"
import { missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { busyboxImage, ensureImages } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"
import { describeNeeding } from "../../needing.ts"
import { reader } from "./reader.ts"

const name = `lgtower${process.pid}`

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "The tutorial from Watchtower", () => {
  describeCompose("on docker compose", () => {
    const scope = Effect.runSync(Scope.make())
    let base = ""
    beforeAll(() => Effect.runPromise(ensureImages("busybox")), 600_000)
    afterAll(async () => {
      await Effect.runPromise(removeStack(name))
      await Effect.runPromise(Effect.ignore(forgetKept(name)))
      await execa("sh", ["-c", `docker image rm --force $(docker image ls --quiet '*/${name}')`], { reject: false })
      await Effect.runPromise(Scope.close(scope, Exit.void))
      if (base !== "") await rm(base, { recursive: true, force: true })
    }, 120_000)

    /** Verifies: LAW-2, LAW-5, LAW-9 */
    it("takes a project over by its labels, upgrades it, and rolls a broken version back with its data", {
      timeout: 900_000
    }, async () => {
      const registry = await Effect.runPromise(Scope.provide(startRegistry(), scope))
      const port = await freePort()
      const page = await reader("tutorials/from-watchtower.md", {
        replaced: [
          ["docker run --detach --name registry --publish 127.0.0.1:5000:5000 registry:3", "true"],
          ["docker rm --force registry", "true"],
          ["busybox:1", busyboxImage],
          ["127.0.0.1:5000", registry.host],
          ["127.0.0.1:8080", `127.0.0.1:${port}`],
          ["blog", name]
        ],
        env: (folder) => ({
          ...composeEnv,
          ...{ LASTGOOD_ROOT: join(folder, "root"), LASTGOOD_CONFIG: "", DOCKER_BUILDKIT: "0" }
        })
      })
      base = page.base
      for (const block of page.blocks) await page.run(block)
      const { stdout } = await execa("docker", ["ps", "-aq", "--filter", `label=com.docker.compose.project=${name}`])
      assert.strictEqual(stdout, "")
    })
  })
})
