/** A project as people have them: a plain folder, and images by tags that move. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { forgetImage, forgetKept, imagesOf, keptImages, pushRunning } from "@lastgood/testing/dockerImages"
import { processFolder } from "@lastgood/testing/processes"
import { dropTag, missingRegistry, startRegistry } from "@lastgood/testing/registry"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa } from "execa"
import { vi } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { describeNeeding } from "../../needing.ts"

vi.setConfig({ testTimeout: 300_000 })

const Status = Schema.fromJsonString(
  Schema.Struct({
    apps: Schema.Array(Schema.Struct({ running: Schema.NullOr(Schema.String), lastGood: Schema.NullOr(Schema.String) }))
  })
)

/** Writes which version it is into its volume, then runs until it is stopped. */
const serves = (version: string) => ({
  version,
  command: `echo ${version} >> /data/log; trap 'exit 0' TERM; while :; do sleep 1 & wait; done`
})

/** Migrates its data, and ends. */
const breaks = (version: string) => ({ version, command: `echo broken by ${version} >> /data/log; exit 1` })

const project = "lastgood_test_images"

const world = (versions: string, services: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const folder = yield* processFolder
    mkdirSync(join(folder, "recipe"))
    const written = Object.entries(services).map(
      ([name, image]) =>
        `  ${name}:\n    image: ${image}\n    init: true\n    stop_grace_period: 2s\n    volumes: [data:/data]\n    restart: "no"\n`
    )
    writeFileSync(join(folder, "recipe/compose.yml"), `services:\n${written.join("")}volumes: { data: {} }\n`)
    const settings = "health: { stableFor: 1s, deadline: 40s, interval: 500ms }"
    writeFileSync(
      join(folder, "lastgood.yaml"),
      `root: ${folder}/root\napps:\n  web:\n    recipe: ./recipe\n    runtime: compose\n    domain: web.example.org\n    stack: ${project}\n    versions: ${versions}\n    ${settings}\n`
    )
    const lastgood = (...args: ReadonlyArray<string>) =>
      Effect.promise(async () => {
        const [file, ...before] = lastgoodCommand
        const result = await execa(file, [...before, ...args], {
          cwd: folder,
          env: { ...composeEnv, LASTGOOD_ROOT: "", LASTGOOD_CONFIG: join(folder, "lastgood.yaml"), NO_COLOR: "1" },
          reject: false,
          stdin: "ignore"
        })
        return { code: result.exitCode ?? null, all: `${result.stdout}\n${result.stderr}`, stdout: result.stdout }
      })
    yield* Effect.addFinalizer(() => Effect.ignore(forgetKept("web")))
    yield* Effect.addFinalizer(() =>
      Effect.promise(() =>
        execa("docker", ["compose", "-p", project, "down", "--volumes", "--timeout", "1"], {
          env: composeEnv,
          reject: false
        })
      )
    )
    const must = (expected: number, ...args: ReadonlyArray<string>) =>
      Effect.tap(lastgood(...args), ({ all, code }) => Effect.sync(() => assert.strictEqual(code, expected, all)))
    const status = Effect.flatMap(must(0, "status", "--json"), ({ stdout }) =>
      Effect.orDie(Schema.decodeUnknownEffect(Status)(stdout))
    ).pipe(Effect.map(({ apps }) => apps[0] ?? assert.fail("no app")))
    const log = Effect.promise(async () =>
      (
        await execa("docker", [
          "run",
          "--rm",
          "-v",
          `${project}_data:/data`,
          "lastgood-test/busybox:1",
          "cat",
          "/data/log"
        ])
      ).stdout.split("\n")
    )
    const compose = (...args: ReadonlyArray<string>) =>
      Effect.promise(() =>
        execa("docker", ["compose", "-p", project, "-f", join(folder, "recipe/compose.yml"), ...args], {
          env: composeEnv
        })
      )
    return { compose, must, status, log }
  })

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "images of a registry", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-2, LAW-9 */
  describeCompose("a project that follows `latest`", () => {
    it.live(
      "is deployed by digest, upgraded when the tag moves, and put back by digest when the tag has moved on or is gone",
      () =>
        Effect.gen(function* () {
          const registry = yield* startRegistry()
          const latest = `${registry.host}/acme/app:latest`
          const first = yield* pushRunning(latest, serves("1.0.0"))
          const { log, must, status } = yield* world("digest", { web: latest })
          yield* must(0, "deploy", "web")
          assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${first}` })
          assert.match((yield* status).lastGood ?? "", /^1-[0-9a-f]{7}\+web=1\.0\.0$/)
          assert.match((yield* must(0, "upgrade", "web")).all, /newest version/)

          const second = yield* pushRunning(latest, serves("1.1.0"))
          const plan = (yield* must(0, "plan", "web")).all
          assert.include(plan, `web: ${latest}@${first} → ${latest}@${second}`)
          yield* must(0, "upgrade", "web")
          assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${second}` })
          assert.match((yield* status).lastGood ?? "", /^2-[0-9a-f]{7}\+web=1\.1\.0$/)

          // Nothing runs the first image any more, and a rollback still needs it.
          assert.strictEqual((yield* keptImages("web")).split("\n").length, 2)

          yield* pushRunning(latest, breaks("1.2.0"))
          yield* must(3, "upgrade", "web")
          assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${second}` })
          assert.deepStrictEqual(yield* log, ["1.0.0", "1.1.0", "1.1.0"])

          dropTag(registry, "acme/app", "latest")
          yield* forgetImage(`${registry.host}/acme/app@${first}`)
          yield* must(0, "rollback", "web")
          assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${first}` })
          assert.match((yield* status).running ?? "", /^1-/)

          registry.stop()
          const away = yield* must(1, "upgrade", "web")
          assert.match(away.all, /the image of web: registry of .* does not answer: connection refused/)
          assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${first}` })
        })
    )

    it.live("is adopted as it runs, and upgraded from there", () =>
      Effect.gen(function* () {
        const registry = yield* startRegistry()
        const latest = `${registry.host}/acme/app:latest`
        const first = yield* pushRunning(latest, serves("1.0.0"))
        const { compose, log, must, status } = yield* world("digest", { web: latest })
        yield* compose("up", "--detach", "--wait")
        // The tag has moved since it was started.
        const second = yield* pushRunning(latest, serves("1.1.0"))
        yield* must(0, "promote", "web")
        assert.match((yield* status).lastGood ?? "", /^1-[0-9a-f]{7}\+web=1\.0\.0$/)
        yield* pushRunning(latest, breaks("1.2.0"))
        yield* must(3, "upgrade", "web")
        assert.deepStrictEqual(yield* imagesOf(project), { web: `${latest}@${first}` })
        assert.notStrictEqual(first, second)
        assert.deepStrictEqual(new Set(yield* log), new Set(["1.0.0"]))
      })
    )

    it.live("holds a major of any of its images, and takes it when it is named", () =>
      Effect.gen(function* () {
        const registry = yield* startRegistry()
        const image = (name: string, tag: string) => `${registry.host}/acme/${name}:${tag}`
        yield* pushRunning(image("app", "1.0.0"), serves("1.0.0"))
        yield* pushRunning(image("db", "16.4"), serves("16.4"))
        const { must, status } = yield* world("{ image: [{ service: web }, { service: db }] }", {
          web: image("app", "1.0.0"),
          db: image("db", "16.4")
        })
        yield* must(0, "deploy", "web")
        yield* pushRunning(image("app", "1.1.0"), serves("1.1.0"))
        yield* pushRunning(image("db", "17.0"), serves("17.0"))
        yield* must(0, "upgrade", "web")
        assert.match((yield* status).running ?? "", /^2-[0-9a-f]{7}\+db=16\.4,web=1\.1\.0$/)
        const held = yield* must(5, "upgrade", "web")
        assert.match(held.all, /the policy `minor` does not allow .*db=17\.0/)
        yield* must(0, "upgrade", "web", "--to", "db=17.0")
        assert.match((yield* status).running ?? "", /^3-[0-9a-f]{7}\+db=17\.0,web=1\.1\.0$/)
      })
    )
  })
})
