import { assert, describe, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import { root } from "../src/cli.ts"
import { commandsOf, hasFlag } from "./commandTree.ts"

/** Commands that change nothing, but what they print. */
const reads: ReadonlySet<string> = new Set([
  ...["alerts", "aside", "check", "completions", "dashboard", "help", "history", "log", "notify"],
  ...["plan", "plugin", "plugin test", "replay", "snapshots", "snapshots cat", "snapshots ls", "status", "verify"]
])

/** Commands that change something and have no `--dry-run`, with the reason. */
const withoutDryRun: Readonly<Record<string, string>> = {
  demo: "it works in a folder of its own, which it removes",
  doctor: "only --prove changes something: it takes a snapshot and restores it, which its help says",
  export: "it writes one new file, and never overwrites one",
  import: "it writes a log only where there is none, after it has verified all of it",
  init: "it writes one new file, and never overwrites one",
  "notify test": "it sends what its help says; `notify` lists the sinks without sending",
  "plugin new": "it writes new files, and never overwrites one",
  reconcile: "`plan` shows what it would do with each app",
  report: "it writes one new file, and never overwrites one",
  "snapshots extract": "it writes to a new folder only; `snapshots ls` lists what it would write"
}

describe("the command line", () => {
  const commands = commandsOf(Completions.fromCommand(root))
  const pathsOf = (some: typeof commands) => some.map(({ path }) => path)

  it("has --dry-run at every command that changes something, but for those with a reason", () => {
    const others = [...reads, ...Object.keys(withoutDryRun)]
    assert.sameMembers(pathsOf(commands), [...pathsOf(commands.filter(hasFlag("dry-run"))), ...others])
  })

  it("has --dry-run wherever it takes the claim on an app, or asks before it destroys something, but for doctor", () => {
    const acting = commands.filter((one) => hasFlag("wait")(one) || hasFlag("yes")(one))
    const without = acting.filter((one) => !hasFlag("dry-run")(one))
    assert.deepStrictEqual(pathsOf(without), ["doctor"])
  })
})
