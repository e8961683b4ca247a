/** Real git repositories for tests, in a folder that goes away with the scope. */
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../../src/domain/App.ts"
import { run } from "../../src/process/Tool.ts"
import type { Looking } from "../../src/version/VersionSource.ts"

export const tempFolder = temporaryFolder()

/** git as its owner would run it, without the machine's own configuration. */
export const git = (cwd: string, ...args: ReadonlyArray<string>) =>
  run("git", ["-C", cwd, ...args], {
    env: {
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "t",
      GIT_AUTHOR_EMAIL: "t@example.org",
      GIT_COMMITTER_NAME: "t",
      GIT_COMMITTER_EMAIL: "t@example.org",
      GIT_COMMITTER_DATE: "2024-01-02T03:04:05Z"
    }
  }).pipe(
    Effect.map(({ stdout }) => stdout.trim()),
    Effect.orDie
  )

export const write = (path: string, content: string) =>
  Effect.promise(async () => {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  })

export const link = (path: string, target: string) =>
  Effect.promise(async () => {
    await mkdir(dirname(path), { recursive: true })
    await symlink(target, path)
  })

/** A commit of everything in the work tree; returns it. */
export const commit = Effect.fnUntraced(function* (repository: string, message: string) {
  yield* git(repository, "add", "--all")
  yield* git(repository, "commit", "--quiet", "--allow-empty", "-m", message)
  return yield* git(repository, "rev-parse", "HEAD")
})

/** `tag` through the plumbing, which takes every name that git allows. */
export const tagAs = (repository: string, name: string, object: string) =>
  git(repository, "update-ref", `refs/tags/${name}`, object)

/** A repository `recipe` whose `compose.yml` says which version it is, tagged 1.0.0+1.0 and 1.1.0+1.1. */
export const makeRecipe = Effect.fnUntraced(function* (folder: string) {
  const recipe = join(folder, "recipe")
  yield* Effect.promise(() => mkdir(recipe))
  yield* git(recipe, "init", "--quiet", "-b", "main")
  const commits: Array<string> = []
  for (const version of ["1.0.0+1.0", "1.1.0+1.1"]) {
    yield* write(join(recipe, "compose.yml"), `version: ${version}\n`)
    commits.push(yield* commit(recipe, version))
    yield* git(recipe, "tag", version)
  }
  const [first = "", second = ""] = commits
  return { recipe, first, second }
})

export const appOf = (folder: string, recipe: string): EffectiveApp =>
  testApp({
    name: "web",
    recipe,
    recipeName: "recipe",
    domain: "web.example.org",
    stack: "web_example_org",
    volumes: [],
    dir: join(folder, "root", "web")
  })

/** What nobody is asked for, and what the remote is. */
export const here: Looking = {
  fetch: false,
  running: null,
  project: () => Effect.succeed({ services: [], files: [], folders: [] })
}
export const fetched: Looking = { ...here, fetch: true }
