/** Further apps for a world: one process that sleeps, and a health check that is a command. */
import { appendFile, mkdir, writeFile } from "node:fs/promises"
import { git } from "@lastgood/testing/git"
import * as Effect from "effect/Effect"
import type { World } from "./harness.ts"

export const tagTiny = Effect.fnUntraced(function* (world: World, version: string) {
  yield* git(world.at("tiny"), "add", "--all")
  yield* git(world.at("tiny"), "commit", "--quiet", "--allow-empty", "--message", version)
  yield* git(world.at("tiny"), "tag", version)
})

/** The recipe `tiny`, with one version. */
export const makeTiny = Effect.fnUntraced(function* (world: World, version: string) {
  yield* Effect.promise(async () => {
    await mkdir(world.at("tiny"))
    await writeFile(world.at("tiny", "Procfile"), "web: exec sleep 100000\n")
  })
  yield* git(world.at("tiny"), "init", "--quiet")
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
