/** Further apps for a world: one process that sleeps, and a health check that is a command. */
import { appendFile, mkdir, writeFile } from "node:fs/promises"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import * as Effect from "effect/Effect"
import type { World } from "./harness.ts"

export const tagTiny = (world: World, version: string) => tagRecipe(world.at("tiny"), version)

/** The recipe `tiny`, with one version. */
export const makeTiny = Effect.fnUntraced(function* (world: World, version: string) {
  yield* Effect.promise(async () => {
    await mkdir(world.at("tiny"))
    await writeFile(world.at("tiny", "Procfile"), "web: exec sleep 100000\n")
  })
  yield* initRecipe(world.at("tiny"))
  yield* tagTiny(world, version)
})

export interface Tiny {
  readonly recipe?: string
  /** The health check: a command. */
  readonly check?: string
  readonly deadline?: string
  /** Further keys, as YAML. */
  readonly more?: string
}

export const tinyYaml = (name: string, { recipe = "./tiny", check = "true", deadline = "20s", more = "" }: Tiny = {}) =>
  `  ${name}:
    recipe: ${recipe}
    runtime: local
    volumes: [data]
    health: { deadline: ${deadline}, stableFor: 0s, interval: 50ms, checks: [{ exec: ${JSON.stringify(check)} }] }
${more}`

/** Adds apps to the end of the world's configuration. */
export const configure = (world: World, ...apps: ReadonlyArray<string>) =>
  Effect.promise(() => appendFile(world.at("lastgood.yaml"), apps.join("")))
