import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Cgroups from "../../src/host/Cgroups.ts"

/** A group for one test; null: none can be made in that version's hierarchy here. */
const groupIn = (version: 1 | 2): string | null => {
  const place = Cgroups.hierarchies().find((one) => one.version === version)?.folders[0]
  const group = place === undefined ? null : join(place, `lastgood-test-${process.pid}`)
  return group !== null && Cgroups.make(group) && existsSync(join(group, "cgroup.procs")) ? group : null
}

const until = async (holds: () => boolean) => {
  for (let tries = 0; !holds() && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 25))
  assert.isTrue(holds())
}

describe.each([{ version: 1 as const }, { version: 2 as const }])(
  "a control group of version $version",
  ({ version }) => {
    /** Verifies: LAW-1 */
    it("contains every process that its processes start, until they are killed", async ({ skip }) => {
      const group = groupIn(version)
      if (group === null) return skip("no control groups here")
      const below = join(group, "web")
      try {
        Cgroups.make(below)
        assert.isFalse(Cgroups.isPopulated(group))
        const script = `echo 0 > "$1/cgroup.procs"; setsid sleep 1000 & (setsid env -i sleep 1000 &) ; exit 0`
        spawn("sh", ["-c", script, "sh", below], { stdio: "ignore", detached: true })
        await until(() => Cgroups.processesIn(group).length >= 2)
        assert.isTrue(Cgroups.isPopulated(group))
        Cgroups.remove(group)
        assert.isTrue(Cgroups.exists(below), "none is removed while something lives in it")
        Cgroups.killAll(group)
        await until(() => !Cgroups.isPopulated(group))
        assert.deepStrictEqual(Cgroups.processesIn(group), [])
      } finally {
        Cgroups.killAll(group)
        await until(() => !Cgroups.isPopulated(group))
        Cgroups.remove(group)
      }
      assert.isFalse(Cgroups.exists(group))
    })
  }
)
