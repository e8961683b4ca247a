import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { App } from "../../../src/domain/App.ts"
import type { Docker } from "../../../src/runtime/docker/Docker.ts"
import { tagOf } from "../../../src/runtime/docker/keptImages.ts"
import { renameKept } from "../../../src/runtime/docker/renameKept.ts"

const commit = "c0ffee".repeat(7).slice(0, 40)

/** The longest name that an app may have. */
const long = { name: "a".repeat(63) }
const short = { name: "b" }

/** Two services of one file, whose names differ only late. */
const services = [
  "the-worker-that-makes-small-pictures-of-uploads-of-users",
  "the-worker-that-makes-small-pictures-of-uploads-of-groups"
]

/** An engine that has one tag of an image. @returns the tags that it is given. */
const makeDocker = (tag: string) => {
  const given: Array<string> = []
  const run = (args: ReadonlyArray<string>) =>
    Effect.sync(() => {
      if (args[1] === "tag") given.push(args[3] ?? "")
      return { stdout: args[0] === "image" && args[1] === "ls" ? `acme/web:${tag}\n` : "" }
    })
  const docker = { run, inspect: () => Effect.succeed([]) } as unknown as Docker
  return { docker, given }
}

/** Verifies: LAW-2 */
describe("the tag that keeps the image of a release", () => {
  it("is short enough for an engine, and differs for each service of each app", () => {
    const tags = [long, short].flatMap((app) => ["web", ...services].map((service) => tagOf(app, commit, service)))
    assert.strictEqual(new Set(tags).size, 6)
    for (const tag of tags) assert.match(tag, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/)
    assert.strictEqual(tagOf(short, commit, "web"), "lastgood-b-c0ffeec0ffee-web")
  })

  it.effect("is the one that a rollback asks for after a rename, whatever the lengths of the names", () =>
    Effect.gen(function* () {
      for (const [from, to] of [
        [long, short],
        [short, long]
      ] as const) {
        for (const service of ["web", ...services]) {
          const { docker, given } = makeDocker(tagOf(from, commit, service))
          yield* renameKept(docker, to as App, from.name, [commit])
          assert.deepStrictEqual(given, [`acme/web:${tagOf(to, commit, service)}`])
        }
      }
    })
  )
})
