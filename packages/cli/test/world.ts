/** A folder with a recipe, a configuration and the real binary, for tests of the command line. Gone with the scope. */
import { mkdir } from "node:fs/promises"
import { git } from "@lastgood/testing/git"
import { processFolder } from "@lastgood/testing/processes"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import { fault, type Ran, worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"

export type { Ran }

const config = (recipe: string) => `root: ./root
apps:
  web:
    recipe: ${recipe}
    runtime: local
    volumes: [data]
    health: { deadline: 5s, stableFor: 100ms, interval: 50ms }
`

/** A recipe with one version that runs and a newer one that ends at once. */
export const makeWorld = Effect.fn("makeWorld")(function* () {
  const home = yield* processFolder
  // The folder in the environment is how `killAll` finds what was started here.
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC", LASTGOOD_TEST_HOME: home }
  const world = worldIn(home, { env, exact: true })
  const recipe = world.at("recipe")

  yield* Effect.promise(() => mkdir(recipe))
  yield* initRecipe(recipe)
  const tag = Effect.fnUntraced(function* (version: string, procfile: string) {
    yield* world.write("recipe/Procfile", procfile)
    yield* tagRecipe(recipe, version)
  })
  yield* tag("1.0.0+1.0.0", "web: exec sleep 1000\n")
  yield* tag("1.1.0+1.0.0", "web: exit 1\n")
  yield* world.write("lastgood.yaml", config("./recipe"))

  return {
    ...world,
    git: (...args: ReadonlyArray<string>) => git(recipe, ...args),
    /** The environment of a run that hangs at a step: `forward/snapshot:before`. */
    hangAt: (where: string) => fault(`${where}:hang`),
    names: world.namesIn()
  }
})

/** The one JSON document on standard output. */
export const jsonOf = ({ stdout, stderr }: Ran): unknown => {
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`standard output is not one JSON document: ${stdout}\nstandard error: ${stderr}`)
  }
}
