/** What a pass costs that has nothing to do, which is almost every pass: counted, in this process. */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import { live } from "@lastgood/core/live"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import type { World } from "@lastgood/reconciler/pass"
import { reconcileOnce } from "@lastgood/reconciler/Reconciler"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** The programs that some work starts, in order. */
const programsOf = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const programs: Array<string> = []
    const tracer = Tracer.make({
      span: (options) => {
        const [, program] = /^lastgood\.tool\.(.+)$/.exec(options.name) ?? []
        if (program !== undefined) programs.push(program)
        return new Tracer.NativeSpan(options)
      }
    })
    const result = yield* Effect.withTracer(work, tracer)
    return { programs, result }
  })

/** A loaded host is slow. */
const patienceMs = 30_000
const gate = { deadlineMs: patienceMs, stableForMs: 0, intervalMs: 100, checks: [] }
const deadlines = { prefetchMs: patienceMs, undeployMs: patienceMs, deployMs: patienceMs, stallMs: patienceMs }

/** Three apps of one recipe, deployed. */
const setUp = Effect.gen(function* () {
  const home = yield* temporaryFolder()
  const [recipe, root] = [join(home, "recipe"), join(home, "root")]
  yield* Effect.promise(() => mkdir(recipe))
  yield* Effect.promise(() => writeFile(join(recipe, "Procfile"), "web: exec sleep infinity\n"))
  yield* initRecipe(recipe)
  yield* tagRecipe(recipe, "1.0.0")
  const apps = ["a", "b", "c"].map(
    (name): PluggedApp => ({
      ...testApp({ name, recipe, stack: name, dir: join(root, name), gate, deadlines }),
      stage: "plugged"
    })
  )
  const world: World = live({ root }, { readOnly: false })
  const each = <A, E>(work: (app: PluggedApp) => Effect.Effect<A, E, Engine | Runtimes>) =>
    Effect.forEach(apps, work).pipe(Effect.provide(world))
  yield* Effect.addFinalizer(() =>
    Effect.ignore(
      each((app) =>
        Effect.flatMap(Runtimes, (all) => all.get("local")).pipe(
          Effect.flatMap((runtime) => runtime.undeploy(app, 10_000, []))
        )
      )
    )
  )
  yield* each((app) => Engine.use((engine) => engine.run(app, { _tag: "Deploy", to: null, fetch: false })))
  const pass = programsOf(
    reconcileOnce({ world, concurrency: 2, fetch: false }, { apps, breaker: null }).pipe(
      Effect.map((results) => results.map(({ outcome }) => outcome))
    )
  )
  return { apps, each, pass, recipe, root }
})

describe("a pass over apps that have nothing to do", () => {
  it.live(
    "claims no app: it starts no program but git",
    () =>
      Effect.gen(function* () {
        const { pass } = yield* setUp
        const { programs, result } = yield* pass
        assert.deepStrictEqual(result, ["nothing", "nothing", "nothing"])
        assert.deepStrictEqual(
          programs.filter((program) => program !== "git"),
          []
        )
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    120_000
  )

  /** Verifies: LAW-7, LAW-16 */
  it.live(
    "claims an app that is not as the log expects, also if an operator stopped it, and says so once",
    () =>
      Effect.gen(function* () {
        const { apps, each, pass } = yield* setUp
        yield* each((app) => Engine.use((engine) => engine.run(app, { _tag: "Stop" })))
        assert.deepStrictEqual((yield* pass).result, ["nothing", "nothing", "nothing"])
        yield* Effect.promise(() => rm(join(apps[0]?.dir ?? "", "volumes", "data"), { recursive: true }))
        assert.deepStrictEqual((yield* pass).result, ["refused", "nothing", "nothing"])
        const states = yield* each((app) => Engine.use((engine) => engine.state(app)))
        assert.deepStrictEqual(
          states.map(({ drift }) => drift?.kind),
          ["data-missing", undefined, undefined]
        )
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    120_000
  )

  /** Verifies: LAW-7 */
  it.live(
    "claims an app as soon as there is something to do, even if that is only a file",
    () =>
      Effect.gen(function* () {
        const { apps, pass, recipe } = yield* setUp
        yield* Effect.promise(() => rm(join(apps[0]?.dir ?? "", "last_good")))
        const repaired = yield* pass
        assert.deepStrictEqual(repaired.result, ["nothing", "nothing", "nothing"])
        assert.lengthOf(
          repaired.programs.filter((program) => program === "flock"),
          1
        )
        yield* tagRecipe(recipe, "1.0.1")
        const upgraded = yield* pass
        assert.deepStrictEqual(upgraded.result, ["committed", "committed", "committed"])
        assert.isAtLeast(upgraded.programs.filter((program) => program === "flock").length, 3)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    120_000
  )
})
