/** The versions of a recipe are the tags of its git repository. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { git } from "@lastgood/testing/git"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { suite } from "./VersionSourceSuite.ts"

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

suite(
  "tags",
  (folder) =>
    Effect.gen(function* () {
      const { away, clone, commit, remote } = yield* makeRepository(folder)
      const tag = (name: string) => git(remote, "tag", "--force", name)
      yield* tag("1.0.0+1.0.0")
      const names = { minor: "1.1.0+1.1.0", major: "2.0.0+2.0.0" }
      return {
        app: testApp({ name: "web", runtime: "compose", recipe: clone, dir: join(folder, "root/web") }),
        publish: (step) => Effect.andThen(commit(step), Effect.asVoid(tag(names[step]))),
        move: Effect.andThen(commit("1.0.0"), Effect.asVoid(tag("1.0.0+1.0.0"))),
        drop: Effect.asVoid(git(remote, "tag", "--delete", "1.0.0+1.0.0")),
        away
      }
    }),
  // It is another commit under the same name, and what runs is as new by its name.
  { movedIsOffered: false }
)
