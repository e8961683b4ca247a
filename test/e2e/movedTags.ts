/** Stories of a recipe that names its image by a tag, which somebody moves or removes on the host. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { forgetHolders, forgetImage, forgetKept, keptImages, makeRunning } from "@lastgood/testing/dockerImages"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import * as Effect from "effect/Effect"
import { breaks, serves, world } from "./images.ts"

/** @param runtime of the app */
export const movedTags = (runtime: "compose" | "swarm") =>
  Effect.gen(function* () {
    const name = `lastgood-test/moved-${process.pid}:1`
    yield* makeRunning(name, serves("first"))
    const { app, edit, log, must, recipe, status } = yield* world(runtime, "tags", { web: name })
    yield* initRecipe(recipe)
    const tag = (version: string) => {
      writeFileSync(join(recipe, "notes.txt"), version)
      return tagRecipe(recipe, version)
    }
    yield* tag("1.0.0")
    yield* must(0, "deploy", app)
    assert.deepStrictEqual(yield* log, ["first"])

    // An operator, or a program that follows tags, has pulled another image meanwhile.
    yield* makeRunning(name, serves("second"))
    yield* must(0, "snapshot", app)
    assert.deepStrictEqual(yield* log, ["first", "first"])

    const broken = name.replace(/1$/, "broken")
    yield* makeRunning(broken, breaks("third"))
    edit(name, broken)
    yield* tag("1.1.0")
    yield* must(3, "upgrade", app)
    assert.deepStrictEqual(yield* log, ["first", "first", "first"])
    assert.strictEqual((yield* status).running, "1.0.0")

    const next = name.replace(/1$/, "2")
    yield* makeRunning(next, serves("fourth"))
    edit(broken, next)
    yield* tag("1.2.0")
    yield* must(0, "upgrade", app)
    // Without its tag the image would be nowhere: there is no registry.
    yield* forgetImage(name)
    yield* must(0, "rollback", app)
    assert.deepStrictEqual(yield* log, ["first", "first", "first", "first"])

    assert.notMatch((yield* must(0, "status", app)).all, /drift/)

    // As `docker container prune` does it: what runs is kept again.
    assert.isNotEmpty(yield* keptImages(app))
    yield* forgetHolders(app)
    yield* makeRunning(name, serves("fifth"))
    yield* must(0, "snapshot", app)
    assert.strictEqual((yield* log).at(-1), "first")
  })

/** The app is renamed between an upgrade and its rollback, and forgotten in the end. */
export const renamedTags = (runtime: "compose" | "swarm") =>
  Effect.gen(function* () {
    const name = `lastgood-test/renamed-${process.pid}:1`
    const next = name.replace(/1$/, "2")
    yield* makeRunning(name, serves("first"))
    const { app, edit, log, must, recipe, status } = yield* world(runtime, "tags", { web: name })
    const renamed = `${app}-b`
    yield* Effect.addFinalizer(() => Effect.ignore(forgetKept(renamed).pipe(Effect.sandbox)))
    yield* initRecipe(recipe)
    const tag = (version: string) => {
      writeFileSync(join(recipe, "notes.txt"), version)
      return tagRecipe(recipe, version)
    }
    yield* tag("1.0.0")
    yield* must(0, "deploy", app)
    yield* makeRunning(next, serves("second"))
    edit(name, next)
    yield* tag("1.1.0")
    yield* must(0, "upgrade", app)
    yield* must(1, "rename", app, renamed)
    yield* must(0, "stop", app)
    yield* must(0, "rename", app, renamed)
    assert.deepStrictEqual(yield* keptImages(app), yield* keptImages(renamed))
    // Without its tag the image would be nowhere: there is no registry.
    yield* forgetImage(name)
    yield* must(0, "start", renamed)
    assert.deepStrictEqual(yield* log, ["first", "second", "second"])
    assert.notMatch((yield* must(0, "status", renamed)).all, /drift/)
    yield* must(0, "rollback", renamed)
    assert.deepStrictEqual(yield* log, ["first", "first"])
    assert.strictEqual((yield* status).running, "1.0.0")

    assert.isNotEmpty(yield* keptImages(renamed))
    yield* must(0, "remove", renamed, "--data", "--yes")
    const without = join(recipe, "../without.yaml")
    writeFileSync(without, "root: ./root\napps: {}\n")
    yield* must(0, "forget", renamed, "--yes", "--config", without)
    assert.isEmpty(yield* keptImages(renamed))
  })
