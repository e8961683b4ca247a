import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { areSettingsChanged } from "../../src/engine/settingsChanged.ts"
import { InvalidRelease } from "../../src/runtime/Runtime.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { v1 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp } from "../snapshot/fixture.ts"

const file = (path: string) => ({ path, from: path, mode: 0o600, uid: 0, gid: 0 })

/** @param kept of the running release; null: it was deployed before files were kept. */
const changed = (kept: ReadonlyArray<string> | null, present: ReadonlyArray<string> | null, isEnvCurrent = true) => {
  const release = { ...v1, dir: "/r", envFile: null, ...(kept === null ? {} : { operatorFiles: "/copy" }) }
  const invalid = new InvalidRelease({ app: "a", version: "1", reason: "", next: "" })
  const runtime = runtimeWith({
    operatorFiles: (_, { operatorFiles }) => {
      const paths = operatorFiles === undefined ? present : kept
      return paths === null ? Effect.fail(invalid) : Effect.succeed(paths.map(file))
    }
  })
  const versions = Layer.mock(VersionSource)({
    isEnvCurrent: () => Effect.succeed(isEnvCurrent),
    existing: () => Effect.succeed(release)
  })
  return Effect.provide(areSettingsChanged({ ...makeApp("/a"), folder: "/f" }, runtime, { running: v1 }), versions)
}

describe("the settings of a running version", () => {
  it.live("are changed if its env file is, or if the project reads a file more or less", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* changed(["a.env"], ["a.env"]))
      assert.isTrue(yield* changed(["a.env"], ["a.env"], false))
      assert.isTrue(yield* changed([], ["compose.override.yml"]))
      assert.isTrue(yield* changed(["a.env", "compose.override.yml"], ["a.env"]))
    })
  )

  it.live("are not known to be changed without copies, or if the files cannot be read", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* changed(null, ["a.env"]))
      assert.isFalse(yield* changed(["a.env"], null))
    })
  )
})
