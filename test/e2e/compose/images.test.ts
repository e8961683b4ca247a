/** A project as people have them: a plain folder, and images by tags that move. */
import { assert, beforeAll, it } from "@effect/vitest"
import {
  forgetImage,
  forgetKept,
  hasImage,
  imagesOf,
  keptImages,
  pruneAll,
  pushRunning
} from "@lastgood/testing/dockerImages"
import { dropTag, missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { describeNeeding } from "../../needing.ts"
import { breaks, serves, world } from "../images.ts"

// Each has a registry and a project of its own, and mostly waits.
vi.setConfig({ testTimeout: 600_000, maxConcurrency: 3 })

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "images of a registry", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-2, LAW-9, LAW-12 */
  describeCompose("a project that follows `latest`", () => {
    it.live(
      "is deployed by digest, upgraded when the tag moves, and put back by digest when the tag has moved on or is gone",
      () =>
        Effect.gen(function* () {
          const registry = yield* startRegistry()
          const latest = `${registry.host}/acme/app:latest`
          const first = yield* pushRunning(latest, serves("1.0.0"))
          const { app, edit, log, must, stack, status } = yield* world("compose", "digest", { web: latest })
          yield* must(0, "deploy", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${first}` })
          assert.match((yield* status).lastGood ?? "", /^1-[0-9a-f]{7}\+web=1\.0\.0$/)
          assert.match((yield* must(0, "upgrade", app)).all, /newest version/)

          const second = yield* pushRunning(latest, serves("1.1.0"))
          edit(
            "    init: true\n",
            "    init: true\n    environment: { API_KEY: canary-3f9a1c7e5b }\n    working_dir: /tmp\n"
          )
          const plan = (yield* must(0, "plan", app)).all
          assert.include(
            plan.replaceAll(/\n\s+/g, " "),
            `${latest}, ${first.slice(0, 19)}… → ${second.slice(0, 19)}… (version 1.1.0)`
          )
          assert.include(plan, "  change     web: variables +API_KEY; other working_dir")
          const { stdout } = yield* must(0, "plan", app, "--json")
          assert.include(stdout.replaceAll(/\s+/g, ""), '"variables":{"added":["API_KEY"],"removed":[],"changed":[]}')
          assert.notInclude(plan + stdout, "canary")
          yield* must(0, "upgrade", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${second}` })
          assert.match((yield* status).lastGood ?? "", /^3-[0-9a-f]{7}\+web=1\.1\.0$/)

          // Nothing runs the first image any more, and a rollback still needs it.
          assert.lengthOf(yield* keptImages(app), 2)
          yield* pruneAll(registry.host)
          assert.isTrue(yield* hasImage(`${registry.host}/acme/app@${first}`))

          yield* pushRunning(latest, breaks("1.2.0"))
          yield* must(3, "upgrade", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${second}` })
          assert.deepStrictEqual(yield* log, ["1.0.0", "1.1.0", "1.1.0"])

          dropTag(registry, "acme/app", "latest")
          // As `docker system prune --all` does: the rollback pulls the image again.
          yield* forgetKept(app)
          yield* forgetImage(`${registry.host}/acme/app@${first}`)
          assert.isFalse(yield* hasImage(`${registry.host}/acme/app@${first}`))
          yield* must(0, "rollback", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${first}` })
          assert.match((yield* status).running ?? "", /^1-/)

          registry.stop()
          const away = yield* must(1, "upgrade", app)
          assert.match(away.all, /the image of web: registry of .* does not answer: connection refused/)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${first}` })
        }),
      { concurrent: true }
    )

    it.live(
      "is adopted as it runs, and upgraded from there",
      () =>
        Effect.gen(function* () {
          const registry = yield* startRegistry()
          const latest = `${registry.host}/acme/app:latest`
          const first = yield* pushRunning(latest, serves("1.0.0"))
          const { app, compose, log, must, stack, status } = yield* world("compose", "digest", { web: latest })
          yield* compose("up", "--detach", "--wait")
          // The tag has moved since it was started.
          const second = yield* pushRunning(latest, serves("1.1.0"))
          yield* must(0, "promote", app)
          assert.match((yield* status).lastGood ?? "", /^1-[0-9a-f]{7}\+web=1\.0\.0$/)
          yield* pushRunning(latest, breaks("1.2.0"))
          yield* must(3, "upgrade", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${first}` })
          assert.notStrictEqual(first, second)
          assert.deepStrictEqual(new Set(yield* log), new Set(["1.0.0"]))

          // Nothing runs the adopted image after an upgrade, and no registry has it any more.
          yield* pushRunning(latest, serves("1.3.0"))
          yield* must(0, "upgrade", app)
          yield* pruneAll(registry.host)
          registry.stop()
          yield* must(0, "rollback", app)
          assert.deepStrictEqual(yield* imagesOf(stack), { web: `${latest}@${first}` })
        }),
      { concurrent: true }
    )

    it.live(
      "holds a major of any of its images, and takes it when it is named",
      () =>
        Effect.gen(function* () {
          const registry = yield* startRegistry()
          const image = (name: string, tag: string) => `${registry.host}/acme/${name}:${tag}`
          yield* pushRunning(image("app", "1.0.0"), serves("1.0.0"))
          yield* pushRunning(image("db", "16.4"), serves("16.4"))
          const { app, must, status } = yield* world("compose", "{ image: [{ service: web }, { service: db }] }", {
            web: image("app", "1.0.0"),
            db: image("db", "16.4")
          })
          yield* must(0, "deploy", app)
          yield* pushRunning(image("app", "1.1.0"), serves("1.1.0"))
          yield* pushRunning(image("db", "17.0"), serves("17.0"))
          yield* must(0, "upgrade", app)
          assert.match((yield* status).running ?? "", /^2-[0-9a-f]{7}\+db=16\.4,web=1\.1\.0$/)
          const held = yield* must(5, "upgrade", app)
          assert.match(held.all, /the policy `minor` does not allow .*db=17\.0/)
          yield* must(0, "upgrade", app, "--to", "db=17.0")
          assert.match((yield* status).running ?? "", /^3-[0-9a-f]{7}\+db=17\.0,web=1\.1\.0$/)
        }),
      { concurrent: true }
    )
  })
})
