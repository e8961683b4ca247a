/** The versions of a recipe are the tags of its git repository. */
import { join } from "node:path"
import { git } from "@lastgood/testing/git"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { makeRepository } from "./gitRemote.ts"
import { suite } from "./VersionSourceSuite.ts"

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
