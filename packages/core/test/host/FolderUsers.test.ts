import { spawn, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { folderUsers } from "../../src/host/FolderUsers.ts"

const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0

describe("folderUsers", () => {
  /** Verifies: LAW-1 */
  it("finds a file whose name is not text, in the folder and elsewhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lastgood-holders-"))
    const script = 'mkdir a b && exec 3>"$(printf "a/name-\\202")" && echo up && exec sleep 100'
    const holder = spawn("sh", ["-c", script], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] })
    try {
      await new Promise((resolve) => holder.stdout.once("data", resolve))
      assert.deepStrictEqual(
        folderUsers([join(folder, "a")], "writers").map(({ pid }) => pid),
        [holder.pid ?? null]
      )
      assert.include(folderUsers([join(folder, "a")])[0]?.what, `${folder}/a/name-\uFFFD open`)
      assert.deepStrictEqual(folderUsers([join(folder, "b")]), [])
    } finally {
      holder.kill("SIGKILL")
      await new Promise((resolve) => holder.once("close", resolve))
      rmSync(folder, { recursive: true })
    }
  })

  /** Verifies: LAW-14 */
  it.skipIf(!canMount)("ignores processes that end during the search", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lastgood-holders-"))
    // As a container has a volume; its shell starts one program after the other.
    const script = 'mount --bind "$1" /mnt && echo up && while :; do /bin/true; done'
    const busy = spawn("unshare", ["--mount", "sh", "-c", script, "sh", folder], {
      stdio: ["ignore", "pipe", "ignore"]
    })
    try {
      await new Promise((resolve) => busy.stdout.once("data", resolve))
      // A look takes as long as the host has processes: on a busy one fewer have to do.
      const looks: Array<ReturnType<typeof folderUsers>> = []
      const end = performance.now() + 10_000
      while (looks.length < 150 && (performance.now() < end || looks.length === 0)) {
        looks.push(folderUsers([folder], "writers"))
      }
      const shell = new Set(looks.flatMap((holders) => holders.map(({ what }) => what)))
      assert.deepStrictEqual(
        [...shell].filter((what) => what.includes("(?)")),
        []
      )
      // The shell itself was there all the time.
      for (const holders of looks) assert.isTrue(holders.some(({ pid }) => pid === busy.pid))
    } finally {
      busy.kill("SIGKILL")
      await new Promise((resolve) => busy.once("close", resolve))
      rmSync(folder, { recursive: true })
    }
  })

  const canLoop = process.getuid?.() === 0 && spawnSync("losetup", ["--find"]).status === 0

  /** Verifies: LAW-1 */
  it.skipIf(!canLoop)("finds a file that a loop device writes to, although no process has it open", () => {
    const folder = mkdtempSync(join(tmpdir(), "lastgood-holders-"))
    const file = join(folder, "image")
    writeFileSync(file, Buffer.alloc(1024 * 1024))
    const device = spawnSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).stdout.trim()
    try {
      assert.deepStrictEqual(folderUsers([folder], "writers"), [
        { pid: null, what: `${device} has ${file} open (a loop device)`, mountedAt: [], container: null }
      ])
      assert.deepStrictEqual(folderUsers([`${folder}-other`]), [])
    } finally {
      spawnSync("losetup", ["--detach", device])
    }
    assert.deepStrictEqual(folderUsers([folder]), [])
    rmSync(folder, { recursive: true })
  })

  /** Verifies: LAW-1 */
  it.skipIf(!canMount)("finds an overlay that writes to the folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "lastgood-holders-"))
    const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(folder, name))
    for (const path of [lower, upper, work, merged]) mkdirSync(path ?? "")
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
    const mounted = spawnSync("mount", ["-t", "overlay", "overlay", "-o", options, merged ?? ""]).status === 0
    try {
      const expected = mounted ? [`the overlay that is mounted at ${merged} writes to it`] : []
      assert.deepStrictEqual(
        folderUsers([upper ?? ""], "writers").map(({ what }) => what),
        expected
      )
    } finally {
      spawnSync("umount", [merged ?? ""])
    }
    assert.deepStrictEqual(folderUsers([upper ?? ""]), [])
    rmSync(folder, { recursive: true })
  })
})
