import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../src/version/GitVersions.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { appOf, git, makeRecipe, tempFolder } from "./recipe.ts"

const isRoot = process.getuid?.() === 0

/** What the owner of a repository can put into its configuration, to be started by whoever fetches. `$` is a program. */
const traps: ReadonlyArray<readonly [name: string, url: string, settings: ReadonlyArray<readonly [string, string]>]> = [
  ["core.sshCommand", "ssh://127.0.0.1:1/x", [["core.sshCommand", "$"]]],
  ["a URL of the kind ext::", "ext::$ %S", [["protocol.ext.allow", "always"]]],
  [
    "a URL that is rewritten",
    "https://127.0.0.1:1/x",
    [
      ["url.ext::$ .insteadOf", "https:"],
      ["protocol.ext.allow", "always"]
    ]
  ],
  ["core.gitProxy", "git://127.0.0.1:1/x", [["core.gitProxy", "$"]]],
  ["remote.origin.uploadpack", "ssh://127.0.0.1:1/x", [["remote.origin.uploadpack", "$"]]]
]

/** Verifies: LAW-13 */
describe("a recipe's repository that belongs to another user", () => {
  for (const [name, url, settings] of traps) {
    const title = `starts no program of that user's by ${name}`
    if (!isRoot) it.skip(`${title} (skipped: needs root)`, () => {})
    else
      it.live(title, () =>
        Effect.gen(function* () {
          const folder = yield* tempFolder
          const { recipe } = yield* makeRecipe(folder)
          const proof = join(folder, "was-run")
          const program = join(folder, "program")
          execFileSync("sh", ["-c", `printf '#!/bin/sh\\ntouch ${proof}\\n' > ${program} && chmod 755 ${program}`])
          const own = (text: string) => text.replaceAll("$", program)
          yield* git(recipe, "remote", "add", "origin", own(url))
          for (const [key, value] of settings) yield* git(recipe, "config", own(key), own(value))
          // Owned by us it would be run: the trap works.
          const versions = yield* VersionSource
          yield* Effect.ignore(versions.list(appOf(folder, recipe), { fetch: true }))
          const works = existsSync(proof)
          execFileSync("rm", ["-f", proof])
          execFileSync("chown", ["-R", "12345:12345", recipe])
          const error = yield* Effect.flip(versions.list(appOf(folder, recipe), { fetch: true }))
          assert.strictEqual(error._tag, "RecipeUnavailable")
          assert.isFalse(existsSync(proof))
          if (name !== "remote.origin.uploadpack") assert.isTrue(works, "the trap is none")
        }).pipe(Effect.provide(layer))
      )
  }

  it.live.skipIf(!isRoot)("is read as any other", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { recipe } = yield* makeRecipe(folder)
      execFileSync("chown", ["-R", "12345:12345", recipe])
      const offers = yield* (yield* VersionSource).list(appOf(folder, recipe), { fetch: true })
      assert.deepStrictEqual(
        offers.map(({ version }) => version),
        ["1.0.0+1.0", "1.1.0+1.1"]
      )
    }).pipe(Effect.provide(layer))
  )
})
