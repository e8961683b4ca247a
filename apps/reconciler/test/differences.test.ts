import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { differences } from "../src/differences.ts"
import { namedApp } from "../src/namedApp.ts"

const app: PluggedApp = withoutPlugin({ ...namedApp("/nowhere", "notes"), ...defaultSettings, stage: "configured" })
const files = { plugins: new Map(), changed: [], alone: [], wasAlone: [] }

const changed = (change: Partial<PluggedApp>) => {
  const after = { ...app, ...change }
  const { apps, lines } = differences([app], [after], files)
  return { isTaken: apps[0] === after, lines }
}

describe("a changed app in the configuration", () => {
  it("is used, whichever key was changed", () => {
    const changes: ReadonlyArray<readonly [string, Partial<PluggedApp>]> = [
      ["folder", { folder: "/srv/notes" }],
      ["data", { data: new Map([["/srv/media", "external"]]) }],
      ["versions", { versions: { kind: "images", rules: [], fixed: [] } }],
      ["policy", { policy: "manual" }],
      ["the settings that it names", { settledBy: new Map([["policy", "config"]]) }]
    ]
    for (const [key, change] of changes) {
      const { isTaken, lines } = changed(change)
      assert.isTrue(isTaken, key)
      assert.include(lines[0], `notes: configuration changed: ${key}`)
    }
  })

  it("is the one that was known if nothing was changed", () => {
    assert.deepStrictEqual(changed({ data: new Map(app.data) }), { isTaken: false, lines: [] })
  })
})
