/** The engine dies in the middle of an upgrade, and comes back. On an engine of the test's own: the host's is left alone. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { execa, execaSync } from "execa"
import { repositoryNode } from "./node.ts"

const can = execaSync("sh", ["-c", "command -v dockerd && unshare --net true"], { reject: false }).exitCode === 0

const story = async (step: string, waitMs: number) => {
  const script = join(import.meta.dirname, "own-engine.sh")
  const args = ["--net", script, repositoryNode, join(import.meta.dirname, "engine-story.ts"), step, String(waitMs)]
  const { exitCode, all } = await execa("unshare", args, { reject: false, all: true, stdin: "ignore" })
  assert.strictEqual(exitCode, 0, all)
}

/** Verifies: LAW-1, LAW-2, LAW-9 */
describe.skipIf(!can)("Swarm, the engine is killed and comes back (skipped without root and dockerd)", () => {
  for (const [step, waitMs] of [
    ["undeploy", 300],
    ["deploy", 1500]
  ] as const) {
    it(`in the middle of ${step}`, { timeout: 900_000 }, () => story(step, waitMs))
  }
})
