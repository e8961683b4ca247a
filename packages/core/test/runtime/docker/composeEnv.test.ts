import { assert, describe, it } from "@effect/vitest"
import { invalid } from "../../../src/runtime/docker/composeEnv.ts"
import { makeApp } from "../../snapshot/fixture.ts"

const release = {
  version: "1.0.0",
  commit: "c",
  dir: "/tmp/lastgood-scratch-1-x/releases/c/recipe",
  envFile: "/tmp/lastgood-scratch-1-x/releases/c/env.1.0.0"
}

describe("an error in a release", () => {
  it("names the operator's env file and the recipe's files, not the folder of the release", () => {
    const app = { ...makeApp("/root/notes"), envFile: "/etc/notes.env" }
    const { message, next } = invalid(app, release)(
      `env file ${release.dir}/db.env not found; ${release.envFile} is not a text`,
      `make ${release.envFile} a text`
    )
    assert.include(message, "env file db.env not found; /etc/notes.env is not a text")
    assert.strictEqual(next, "make /etc/notes.env a text")
  })
})
