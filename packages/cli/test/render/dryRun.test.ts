/** What `--dry-run` tells people. */
import { assert, describe, it } from "@effect/vitest"
import { nothingOf } from "@lastgood/core/engine/dryRun"
import { dryRunText } from "../../src/render/dryRun.ts"
import { time } from "../../src/render/format.ts"

const run = nothingOf("web", "1.0.0")

describe("a dry run", () => {
  it("of a removal with its data names the volumes that it deletes", () => {
    const begin = { ...run, action: "begin", steps: ["undeploy", "erase"] } as const
    const text = dryRunText({ _tag: "Remove", data: true, volumes: ["data", "media"] }, begin)
    assert.match(text, /^ {2}deletes +data, media$/m)
    assert.notInclude(dryRunText({ _tag: "Remove", data: false }, begin), "deletes")
  })

  it("has its times in the zone of the host", () => {
    const at = "2026-01-01T00:00:00.000Z"
    const text = dryRunText({ _tag: "Stop" }, { ...run, why: `it was stopped at ${at}` })
    assert.include(text, `nothing to do: it was stopped at ${time(at)}\n`)
  })
})
