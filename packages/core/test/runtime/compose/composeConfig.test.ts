/** The cache of `docker compose config` never gives the output of other files than the present ones. */
import { renameSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { makeComposeConfig } from "../../../src/runtime/compose/composeConfig.ts"
import type { ComposeClient } from "../../../src/runtime/compose/plugin.ts"
import { RuntimeFailed } from "../../../src/runtime/Runtime.ts"

const plain = "services: { web: { image: a } }\n"

/** A project in a folder, and how often compose has read it. `during` happens while compose reads. */
const project = Effect.fnUntraced(function* (compose: string, during: () => void = () => {}) {
  const dir = yield* temporaryFolder()
  const path = (name: string) => join(dir, name)
  const write = (name: string, text: string) => writeFileSync(path(name), text)
  write("compose.yml", compose)
  write("app.env", "WORD=one\n")
  let reads = 0
  let code = 0
  const docker: ComposeClient = {
    run: () =>
      Effect.sync(() => {
        reads += 1
        during()
        return { code, stdout: String(reads), stderr: "" }
      }),
    complaint: (reason) => new RuntimeFailed({ app: "notes", operation: "config", reason, next: "" })
  }
  const config = yield* makeComposeConfig
  const source = { dir, files: [path("compose.yml")], envFile: path("app.env"), variables: {} }
  return {
    path,
    write,
    fails: (with_: number) => {
      code = with_
    },
    read: (app = testApp(), variables = {}) =>
      Effect.map(config(docker, app, { ...source, variables }), ({ stdout }) => stdout)
  }
})

it.effect("is read again when its time is over", () =>
  Effect.gen(function* () {
    const { read } = yield* project(plain)
    assert.strictEqual(yield* read(), "1")
    yield* TestClock.adjust("9 seconds")
    assert.strictEqual(yield* read(), "1")
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* read(), "2")
  })
)

it.effect("is read again for another app and for other variables, and after a failure", () =>
  Effect.gen(function* () {
    const { fails, read } = yield* project(plain)
    assert.strictEqual(yield* read(), "1")
    assert.strictEqual(yield* read(testApp({ stack: "other" })), "2")
    assert.strictEqual(yield* read(testApp(), { DOMAIN: "other.example.org" }), "3")
    fails(1)
    assert.strictEqual(yield* read(testApp({ stack: "broken" })), "4")
    assert.strictEqual(yield* read(testApp({ stack: "broken" })), "5")
  })
)

it.effect("is read again when a file became another one of the same size and time", () =>
  Effect.gen(function* () {
    const { path, read, write } = yield* project(plain)
    const past = new Date(1_700_000_000_000)
    utimesSync(path("app.env"), past, past)
    assert.strictEqual(yield* read(), "1")
    write("next.env", "WORD=two\n")
    utimesSync(path("next.env"), past, past)
    renameSync(path("next.env"), path("app.env"))
    assert.strictEqual(yield* read(), "2")
  })
)

it.effect("is read again when a file changed while compose read it", () =>
  Effect.gen(function* () {
    const made = yield* project(plain, () => made.write("app.env", "WORD=three\n"))
    assert.strictEqual(yield* made.read(), "1")
    assert.strictEqual(yield* made.read(), "2")
  })
)

/** Verifies: LAW-12 */
for (const other of [
  "include: [{ path: /srv/more.yml }]",
  "services: { web: { extends: { file: /srv/more.yml, service: web } } }",
  "services: { web: { image: a, env_file: /srv/secrets.env } }",
  '{ "services": { "web": { "image": "a", "label_file": "/srv/labels" } } }'
]) {
  it.effect(`is read each time, with the secrets of files that its key does not cover: ${other}`, () =>
    Effect.gen(function* () {
      const { read } = yield* project(other)
      assert.strictEqual(yield* read(), "1")
      assert.strictEqual(yield* read(), "2")
    })
  )
}
