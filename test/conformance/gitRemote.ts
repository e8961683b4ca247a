import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { git } from "@lastgood/testing/git"
import * as Effect from "effect/Effect"

/** A clone, and the remote that it is fetched from. */
export const makeRepository = (folder: string) =>
  Effect.gen(function* () {
    const remote = join(folder, "remote")
    const clone = join(folder, "recipe")
    mkdirSync(remote)
    yield* git(remote, "init", "--quiet", "-b", "main")
    const write = (image: string, salt: string) =>
      Effect.sync(() =>
        writeFileSync(join(remote, "compose.yml"), `# ${salt}\nservices:\n  web:\n    image: acme/app:${image}\n`)
      )
    let commits = 0
    const commit = Effect.fnUntraced(function* (image: string) {
      commits += 1
      yield* write(image, String(commits))
      yield* git(remote, "add", "--all")
      yield* git(remote, "commit", "--quiet", "-m", `commit ${commits}`)
    })
    yield* commit("1.0.0")
    yield* git(folder, "clone", "--quiet", remote, clone)
    const away = Effect.sync(() => renameSync(remote, `${remote}-gone`))
    return { remote, clone, commit, away }
  })
