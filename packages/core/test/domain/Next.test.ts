import { assert, describe, it } from "@effect/vitest"
import { advise, type Do, forApp, nextText, runningVersion } from "../../src/domain/Next.ts"

describe("what to do next", () => {
  it.each<[Do, string]>([
    [{ do: "Deploy" }, "lastgood deploy web"],
    [{ do: "Deploy", to: "1.0.0+2.0.0" }, "lastgood deploy web --to 1.0.0+2.0.0"],
    [{ do: "Deploy", to: null, withoutData: true }, "lastgood deploy web --without-data"],
    [{ do: "Upgrade", to: "1.1.0", acceptNotes: true }, "lastgood upgrade web --to 1.1.0 --accept-notes"],
    [{ do: "Promote", version: runningVersion }, "lastgood promote web --version <the version that runs>"],
    [{ do: "Promote", version: null, withoutData: true }, "lastgood promote web --without-data"],
    [{ do: "Restore", snapshot: "s1" }, "lastgood restore web --snapshot s1"],
    [{ do: "Retry", version: "1.1.0" }, "lastgood retry web 1.1.0"],
    [{ do: "Rollback" }, "lastgood rollback web"],
    [{ do: "Verify" }, "lastgood verify"],
    [{ do: "Reconcile" }, "lastgood reconcile --once"]
  ])("is a command with the app's name: %j", (command, text) => {
    assert.strictEqual(nextText("web", command), text)
  })

  it("renders text with commands, also for nested advice", () => {
    const listed = advise`${{ do: "Snapshots" }} lists ${2} of them`
    const next = advise`free some space; then ${{ do: "Rollback" }} (${listed})`
    assert.strictEqual(
      nextText("web", next),
      "free some space; then lastgood rollback web (lastgood snapshots web lists 2 of them)"
    )
    assert.strictEqual(
      nextText(null, advise`correct it, then run ${{ do: "Doctor" }}`),
      "correct it, then run lastgood doctor"
    )
  })

  it("fills in the app's name for an older log", () => {
    const recorded = "look at the logs, then lastgood rollback <app> or lastgood promote <app>"
    const text = "look at the logs, then lastgood rollback web or lastgood promote web"
    assert.strictEqual(forApp("web", recorded), text)
    assert.strictEqual(nextText("web", advise`${recorded}`), text)
  })
})
