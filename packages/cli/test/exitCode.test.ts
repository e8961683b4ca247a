import { assert, describe, it } from "@effect/vitest"
import { ClaimFailed, Locked } from "@lastgood/core/claim/Claims"
import { ConfigInvalid, ConfigMissing, ConfigUnreadable } from "@lastgood/core/config/ConfigError"
import { CommandRejected, type Report } from "@lastgood/core/engine/Request"
import { EventUndecodable } from "@lastgood/core/log/Codec"
import { StoreUnavailable, VersionConflict } from "@lastgood/core/log/EventStore"
import { PluginBroken, SettingsInvalid } from "@lastgood/core/plugin/PluginError"
import { RuntimeFailed, RuntimeUnavailable } from "@lastgood/core/runtime/Runtime"
import { SnapshotFailed, SnapshotMissing } from "@lastgood/core/snapshot/SnapshotStore"
import { RecipeUnavailable } from "@lastgood/core/version/VersionSource"
import { BadUsage, FileFailed, UnknownApp } from "../src/errors.ts"
import { ExitCode, ofError, ofOutcome, worst } from "../src/exitCode.ts"

/** Verifies: LAW-9 */
describe("the exit code of an outcome", () => {
  const expected: Readonly<Record<Report["outcome"], number>> = {
    nothing: 0,
    recorded: 0,
    committed: 0,
    done: 0,
    recovered: 3,
    unhealthy: 4,
    "left-down": 4,
    refused: 5,
    failed: 1,
    unknown: 1
  }
  for (const outcome of [
    "nothing",
    "recorded",
    "committed",
    "done",
    "recovered",
    "unhealthy",
    "left-down",
    "refused",
    "failed"
  ] as const) {
    it(`is ${expected[outcome]} for ${outcome}`, () => assert.strictEqual(ofOutcome(outcome), expected[outcome]))
  }
})

describe("the exit code of an error", () => {
  const text = { reason: "r", next: "n" }
  const log = { path: "/x", ...text }
  const cases = [
    [new Locked({ app: "a", holder: "h", waitedMs: 0, next: "" }), 75],
    [new VersionConflict({ stream: "app/a", expected: "1", actual: 2 }), 75],
    [new StoreUnavailable({ ...log, busy: true }), 75],
    [new StoreUnavailable(log), 1],
    [new ClaimFailed({ app: "a", ...text }), 1],
    [new CommandRejected({ app: "a", ...text }), 1],
    [new EventUndecodable({ position: 1, stream: "app/a", type: "T", v: 1, field: "", reason: "r" }), 1],
    [new RuntimeUnavailable({ runtime: "local", ...text }), 1],
    [new RuntimeFailed({ app: "a", operation: "deploy", ...text }), 1],
    [new RecipeUnavailable({ recipe: "/r", ...text }), 1],
    [new SnapshotFailed({ app: "a", operation: "list", ...text }), 1],
    [new SnapshotMissing({ app: "a", snapshot: "s", known: [] }), 1],
    [new FileFailed({ path: "/x", ...text }), 1],
    [new ConfigInvalid({ file: "/f", problems: [] }), 64],
    [new ConfigMissing({ looked: [] }), 64],
    [new ConfigUnreadable({ file: "/f", reason: "r" }), 64],
    [new PluginBroken({ plugin: "p", file: null, recipe: "r", isTrusted: true, ...text }), 64],
    [new SettingsInvalid({ app: "a", plugin: null, at: "f:1:1", problems: [] }), 64],
    [new UnknownApp({ app: "a", known: [], file: "/f" }), 64],
    [new BadUsage(text), 64]
  ] as const
  for (const [error, code] of cases) {
    const busy = "busy" in error && error.busy === true
    it(`is ${code} for ${error._tag}${busy ? " of a busy log" : ""}`, () => assert.strictEqual(ofError(error), code))
  }
})

describe("the exit code of several apps", () => {
  it("is that of the app that most needs an operator", () => {
    assert.strictEqual(worst([ExitCode.recovered, ExitCode.unhealthy, ExitCode.error]), ExitCode.unhealthy)
    assert.strictEqual(worst([ExitCode.refused, ExitCode.recovered]), ExitCode.recovered)
    assert.strictEqual(worst([ExitCode.done, ExitCode.busy]), ExitCode.busy)
  })
  it("is 0 if there is nothing to report", () => assert.strictEqual(worst([]), ExitCode.done))
})
