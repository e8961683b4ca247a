/** What a power cut leaves of a data folder, a single file and a volume of one app. */
import { join } from "node:path"
import { assert, it } from "vitest"
import { describeNeeding } from "../needing.ts"
import { makeDisk, makeMachines, missing } from "./machine.ts"

const images = Number(process.env["LASTGOOD_CRASH_IMAGES"] ?? 12)

describeNeeding("LASTGOOD_TEST_LOOP", missing(), "a power cut during a snapshot or a restore of data folders", () => {
  /** Verifies: LAW-2, LAW-3, LAW-4 */
  it("leaves a complete snapshot, to which data of every kind returns", {
    timeout: 60_000 + images * 15_000
  }, async () => {
    const machines = makeMachines()
    const broken: Array<string> = []
    const root = { filesystem: "ext4", options: "data=writeback,noauto_da_alloc" } as const
    try {
      const disk = join(machines.images, "folders.img")
      makeDisk(disk, "ext4", 96)
      const asked = { disk, images: machines.images, seed: 11, copies: images }
      const taken = JSON.parse(await machines.run("recordFolders.ts", { ...root, file: disk }, JSON.stringify(asked)))
      assert.lengthOf(taken, images)
      for (const { file, ...about } of taken) {
        const problems = JSON.parse(await machines.run("resumeFolders.ts", { ...root, file }, JSON.stringify(about)))
        for (const problem of problems) broken.push(`${JSON.stringify(about)}: ${problem}`)
      }
    } finally {
      machines.end()
    }
    assert.deepStrictEqual(broken, [])
  })
})
