/**
 * An `ABRA_DIR` for one app and one call. The operator's own has one checkout of each recipe. Every run of abra
 * switches it, and refuses to switch it if it has changes. Two runs on one recipe disturb each other, but a rollback
 * must not wait. So here the recipe is a repository with one commit: the release's files, with the version's tag.
 */
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App, Release } from "../../domain/App.ts"
import { asError } from "../../domain/messageOf.ts"
import { run } from "../../process/Tool.ts"
import { homeFolder, variable } from "../../process/variable.ts"
import { bytesAsTheyAre } from "../../version/releaseLayout.ts"
import { abraFolder } from "../abraFolder.ts"
import type { Call } from "../docker/Docker.ts"
import { RuntimeFailed } from "../Runtime.ts"
import { serverOf } from "./appFile.ts"

/** Ignores the user's git configuration: hooks, filters and signatures would change the files or ask for a key. */
const gitEnv = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" }
const gitSettings = ["user.name=lastgood", "user.email=lastgood@localhost", "core.hooksPath=/dev/null", "gc.auto=0"]

/**
 * The app's file for abra: the release's env file, followed by the recipe, version and stack. The last lines take
 * precedence.
 */
const appFile = (app: App, release: Release, text: string): string => {
  const others = text.split("\n").filter((line) => !/^\s*(?:export\s+)?(?:TYPE|RECIPE|STACK_NAME)\s*=/.test(line))
  const own = [`TYPE=${app.recipeName}:${release.version}`, `STACK_NAME=${app.stack}`]
  const domain = others.some((line) => /^\s*(?:export\s+)?DOMAIN\s*=/.test(line)) ? [] : [`DOMAIN=${app.domain}`]
  return `${[...others, ...domain, ...own].join("\n")}\n`
}

/** Folders that abra keeps for all recipes. Only read, as far as they exist. */
const shared = ["catalogue", "vendor"]

const lay = async (dir: string, app: App, release: Release, env: string, own: string): Promise<string> => {
  await rm(dir, { recursive: true, force: true })
  const recipe = join(dir, "recipes", app.recipeName)
  const server = join(dir, "servers", serverOf(app.envFile))
  for (const folder of [dir, recipe, server]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
  }
  await writeFile(join(server, `${app.domain}.env`), appFile(app, release, env), { mode: 0o600 })
  for (const name of shared) await symlink(join(own, name), join(dir, name))
  return recipe
}

const commit = Effect.fnUntraced(function* (recipe: string, release: Release) {
  const git = (...args: ReadonlyArray<string>) =>
    run("git", [...gitSettings.flatMap((setting) => ["-c", setting]), "-C", recipe, ...args], { env: gitEnv })
  yield* git("init", "--quiet", "--initial-branch=main", "--template=")
  yield* Effect.tryPromise({
    try: async () => {
      await mkdir(join(recipe, ".git", "info"), { recursive: true })
      await writeFile(join(recipe, ".git/info/attributes"), bytesAsTheyAre)
    },
    catch: asError
  })
  yield* git(`--work-tree=${release.dir}`, "add", "--all", "--force")
  yield* git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", release.version)
  yield* git("tag", "--annotate", "--message", release.version, "--", release.version)
  yield* git("reset", "--quiet", "--hard")
})

/**
 * Created before `use` and removed after it, because it contains the env file (LAW-12). Leftovers of a killed call are
 * replaced.
 */
export const withPrivateDir = <A, E, R>(
  call: Call,
  app: App,
  release: Release,
  use: (dir: string) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | RuntimeFailed, R> => {
  const dir = join(app.dir, "abra")
  const make = Effect.gen(function* () {
    const env = release.envFile === null ? "" : yield* readSmallText(release.envFile)
    const own = abraFolder(yield* variable("ABRA_DIR"), yield* homeFolder)
    const recipe = yield* Effect.tryPromise({ try: () => lay(dir, app, release, env, own), catch: asError })
    yield* commit(recipe, release)
    return dir
  }).pipe(
    Effect.mapError(
      (error) =>
        new RuntimeFailed({
          app: call.app,
          operation: call.operation,
          reason: `abra's folder for it cannot be created: ${error.message}`,
          next: `make ${dir} writable, and install git if it is missing`
        })
    )
  )
  const remove = Effect.promise(() => rm(dir, { recursive: true, force: true }).catch(() => undefined))
  return Effect.acquireUseRelease(
    Effect.onError(make, () => remove),
    use,
    () => remove
  )
}
