import { createHash } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "@lastgood/core/config/defaults"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { type Broken, type Configured, type Disabled, makeConfiguration, type Trouble } from "../src/Configuration.ts"
import { marksOf } from "../src/marks.ts"
import { namedApp } from "../src/namedApp.ts"

const root = "/nowhere"
const plugin = "/nowhere/gate.mjs"

const broken: Disabled = { app: "notes", why: "gate.mjs: ((", next: "correct it", isTrusted: true }
const untrusted: Disabled = { app: "notes", why: "gate.mjs is not used", next: "chmod", isTrusted: false }
const unreadable: Broken = { message: "line 3: ]", next: "correct it" }
const unreadableTold = "file kept: line 3: ]"

const read = (disabled: ReadonlyArray<Disabled> = []): Configured => ({
  root,
  apps: ["notes", "wiki"]
    .filter((name) => !disabled.some(({ app }) => app === name))
    .map((name) => withoutPlugin({ ...namedApp(root, name), ...defaultSettings, stage: "configured" })),
  configured: [],
  isWhole: true,
  disabled,
  files: [plugin],
  plugins: new Map([["notes", plugin]]),
  broken: [],
  breaker: 3
})

const inWords = ({ app, isKept, why }: Trouble) => `${app?.name ?? "file"} ${isKept ? "kept" : "left"}: ${why}`

/** A configuration whose files say whatever `read` is given, and all that was told of it. */
const making = Effect.fnUntraced(function* (first: Configured) {
  let present: Configured | Broken = first
  const told: Array<ReadonlyArray<string>> = []
  const load = Effect.suspend(() => ("message" in present ? Effect.fail(present) : Effect.succeed(present)))
  const configuration = yield* makeConfiguration({ file: "/nowhere/lastgood.yaml", load }, first, (troubles) =>
    Effect.sync(() => void told.push(troubles.map(inWords)))
  )
  return {
    told,
    configuration,
    read: (next: Configured | Broken) => {
      present = next
      return configuration.reload("test")
    }
  }
})

/** Verifies: LAW-10 */
describe("what is wrong with the configuration", () => {
  it.live("is also reported at the start, so that alerts of an earlier daemon are resolved", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* making(read())).told, [[]])
      assert.deepStrictEqual((yield* making(read([broken]))).told, [["notes left: gate.mjs: (("]])
    })
  )

  it.live("keeps an app's problem while the file cannot be read", () =>
    Effect.gen(function* () {
      const { read: reads, told } = yield* making(read())
      yield* reads(read([broken]))
      yield* reads(unreadable)
      yield* reads(read([broken]))
      yield* reads(read())
      assert.deepStrictEqual(told, [
        [],
        ["notes kept: gate.mjs: (("],
        [unreadableTold, "notes kept: gate.mjs: (("],
        ["notes kept: gate.mjs: (("],
        []
      ])
    })
  )

  it.live("keeps the problem of an untouched app until it is repaired, however often the files are read", () =>
    Effect.gen(function* () {
      const { configuration, read: reads, told } = yield* making(read())
      for (const next of [read([untrusted]), read([untrusted]), unreadable, read([untrusted])]) yield* reads(next)
      assert.isNull(yield* configuration.known("notes"))
      yield* reads(read())
      assert.isNotNull(yield* configuration.known("notes"))
      assert.deepStrictEqual(told, [
        [],
        ["notes left: gate.mjs is not used"],
        [unreadableTold, "notes left: gate.mjs is not used"],
        ["notes left: gate.mjs is not used"],
        []
      ])
    })
  )
})

describe("a configuration that changes while the daemon starts", () => {
  it.live("is read again", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const file = join(home, "lastgood.yaml")
      const write = (text: string) => Effect.promise(() => writeFile(file, text))
      yield* write("first")
      const firstMarks = yield* marksOf(file, [])
      yield* write("second")
      const load = Effect.succeed({ ...read(), breaker: 7 })
      const { digest, host } = yield* makeConfiguration({ file, load, firstMarks }, read(), () => Effect.void)
      assert.strictEqual(yield* digest, createHash("sha256").update("second").digest("hex"))
      assert.strictEqual((yield* host).breaker, 7)
    }).pipe(Effect.scoped)
  )
})

/** Verifies: LAW-17 */
describe("the text of the configuration that is in force", () => {
  it.live("is the file's, unless that is broken, moves the root, or names a folder that others could write to", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const file = join(home, "lastgood.yaml")
      const write = (text: string) => Effect.promise(() => writeFile(file, text))
      const digestOf = (text: string) => createHash("sha256").update(text).digest("hex")
      yield* write("first")
      let present: Configured | Broken = read()
      const load = Effect.suspend(() => ("message" in present ? Effect.fail(present) : Effect.succeed(present)))
      const { digest } = yield* makeConfiguration({ file, load }, read(), () => Effect.void)
      assert.strictEqual(yield* digest, digestOf("first"))
      const reads = Effect.fnUntraced(function* (text: string, next: Configured | Broken) {
        present = next
        yield* write(text)
        return yield* digest
      })
      assert.strictEqual(yield* reads("second", read()), digestOf("second"))
      assert.isNull(yield* reads("broken", unreadable))
      assert.isNull(yield* reads("moved", { ...read(), root: "/elsewhere" }))
      assert.isNull(yield* reads("strange", { ...read(), isWhole: false }))
      assert.strictEqual(yield* reads("first", read([broken])), digestOf("first"))
    }).pipe(Effect.scoped)
  )
})
