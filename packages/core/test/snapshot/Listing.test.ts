import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { extractArchive } from "../../src/snapshot/Archive.ts"
import { listProblems } from "../../src/snapshot/Listing.ts"
import { temporaryFolder } from "./fixture.ts"

/** Makes an archive of a small tree; `transform` is a sed expression on names and hard link targets. */
const archive = (folder: string, prepare: string, tarArgs: ReadonlyArray<string>) => {
  const tree = join(folder, "tree")
  fs.mkdirSync(tree)
  execFileSync("bash", ["-c", prepare], { cwd: tree })
  const file = join(folder, "a.tar")
  execFileSync("tar", ["--format=posix", "--xattrs", "--xattrs-include=*", "-P", "-C", tree, "-cf", file, ...tarArgs])
  return file
}

/** Verifies: LAW-13 */
describe("Listing", () => {
  const hostile: Record<string, [prepare: string, args: ReadonlyArray<string>, expected: RegExp]> = {
    "an absolute name": [
      "echo x > f",
      ["--transform=s,^./f,/tmp/lastgood-evil,", "."],
      /"\/tmp\/lastgood-evil" leads outside/
    ],
    "a name with ..": [
      "echo x > f",
      ["--transform=s,^./f,./d/../../evil,", "."],
      /"\.\/d\/\.\.\/\.\.\/evil" leads outside/
    ],
    "a hard link to an absolute target": [
      "echo x > f; ln f g",
      ["--transform=s,^./f,/etc/passwd,hR", "./f", "./g"],
      /hard link to "\/etc\/passwd"|leads outside/
    ],
    "a hard link to a target with ..": [
      "echo x > f; ln f g",
      ["--transform=s,^./f,../up,hRS", "./f", "./g"],
      /leads outside/
    ],
    "a file behind a symlink of the archive": [
      "ln -s /etc link; mkdir d; echo x > d/f",
      ["--transform=s,^./d/f,./link/evil,", "./link", "./d"],
      /is below the symlink "link"/
    ]
  }
  for (const [what, [prepare, args, expected]] of Object.entries(hostile)) {
    it.live(`reports ${what}`, () =>
      Effect.gen(function* () {
        const file = archive(yield* temporaryFolder(), prepare, args)
        const problems = yield* listProblems(file)
        assert.isAbove(problems.length, 0)
        assert.match(problems.join("\n"), expected)
      })
    )
  }

  it.live("keeps the files of a hostile archive in the folder even if it is unpacked unchecked", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const out = join(folder, "in/side")
      fs.mkdirSync(out, { recursive: true })
      const args = ["--transform=s,^./f,../evil,", "--transform=s,^./d/g,./link/evil,", "./f", "./link", "./d"]
      const file = archive(folder, `echo x > f; ln -s ${folder}/in link; mkdir d; echo y > d/g`, args)
      yield* Effect.exit(extractArchive(file, out))
      assert.deepStrictEqual(fs.readdirSync(join(folder, "in")), ["side"])
    })
  )

  it.live("accepts unusual but harmless names, links and xattrs, also one that looks like a header", () =>
    Effect.gen(function* () {
      const file = archive(
        yield* temporaryFolder(),
        `ln -s /etc abs; ln -s ../../.. up; echo x > 'a" -> "..'; echo y > $'new\\nline'; echo z > '..dots..'; ln '..dots..' again
         echo t > target && setfattr -n user.x -v "$(printf 'x\\n28 path=../../../etc/passwd\\ny')" target
         truncate -s 4M hole && ln hole hole2; mkdir -p d/abs && echo in > d/abs/f`,
        ["--sparse", "."]
      )
      assert.deepStrictEqual(yield* listProblems(file), [])
    })
  )

  it.live("reports an archive that was cut anywhere, and a file that is not an archive", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const file = archive(folder, "head -c 3000 /dev/zero > zeros; echo x > last", ["./zeros", "./last"])
      const whole = fs.readFileSync(file)
      for (let size = 0; size <= 512 * 13; size += 512) {
        fs.writeFileSync(file, whole.subarray(0, size))
        assert.isAbove((yield* listProblems(file)).length, 0, `cut to ${size}`)
      }
      fs.writeFileSync(file, Buffer.alloc(8192, 65))
      assert.match((yield* listProblems(file)).join(), /not readable to its end/)
    })
  )
})
