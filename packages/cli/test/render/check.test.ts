import { assert, describe, it } from "@effect/vitest"
import type { Examined } from "@lastgood/core/examine"
import { checkText } from "../../src/render/check.ts"

const service = (name: string, image: string | null): Examined["services"][number] => ({
  ...{ name, image, isLocal: false, healthcheck: null, published: [] },
  versions: { name: null, tag: null, follow: "digest" }
})

const examined = (more: Partial<Examined> = {}): Examined => ({
  ...{ name: "shop", folder: "/srv/shop", files: [], envFile: null, composeFile: null, withoutEngine: null },
  ...{ services: [], data: [], external: [], questions: [], notData: [], problems: [] },
  ...{ versions: "versions: digest", byRoot: true, isRepository: false, ...more }
})

const data = (name: string, services: ReadonlyArray<string>, bytes: number | null): Examined["data"][number] => ({
  ...{ kind: "folder", name, path: name, services, bytes, isPartial: false }
})

describe("The text of a check", () => {
  it("is one line for a project without anything", () => {
    assert.strictEqual(checkText(examined()), "shop: lastgood can take it as it is")
  })

  it("stays within 80 columns, with long names and paths on lines of their own", () => {
    const long = `/mnt/volumes/${"deep/".repeat(8)}uploads`
    const text = checkText(
      examined({
        data: [data("./db", ["db"], 2e9), data(long, ["server", "worker", "machine-learning"], null)],
        services: [service("server", `ghcr.io/acme/server:1@sha256:${"a".repeat(64)}`)]
      })
    )
    for (const line of text.split("\n")) assert.isAtMost(line.length, 80, line)
    assert.match(text, /^ {2}\.\/db {2}db {2,}2\.00 GB$/m)
    assert.include(text, `  ${long}\n    server, worker, machine-learning; will be made\n`)
    assert.include(text, "ghcr.io/acme/server:1@sha256:aaaaaaaaaaaa…")
  })

  it("says that a folder which takes long to count holds more", () => {
    const text = checkText(examined({ data: [{ ...data("./db", ["db"], 2e9), isPartial: true }] }))
    assert.match(text, /^ {2}\.\/db {2}db {2}at least 2\.00 GB$/m)
  })

  it("says once what to do about problems of one kind", () => {
    const problem = (what: string) => ({ kind: "missing-variable", what, next: "set it" })
    const text = checkText(examined({ problems: [problem("A is not set"), problem("B is not set")] }))
    assert.match(text, /^shop: lastgood cannot take it yet, because of 2 problems\n/)
    assert.match(text, /Problems\n {2}A is not set\n {2}B is not set\n {4}next: set it$/)
  })

  it("shows nothing that a terminal would obey", () => {
    const text = checkText(
      examined({ services: [service("web\u001B[2J", "acme/web\u202E")], data: [data("./\u0007", ["a"], 1)] })
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
    assert.notMatch(text, /[\u0000-\u0009\u000B-\u001F\u202E]/)
  })
})
