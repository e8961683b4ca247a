/** The line of abra's app files, and `abra.sh`. */
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { exportsIn } from "@lastgood/core/runtime/abra/abraSh"
import { serverOf, versionIn, withVersion, writeVersion } from "@lastgood/core/runtime/abra/appFile"
import * as Effect from "effect/Effect"

describe("TYPE in an app's file", () => {
  const lines: ReadonlyArray<readonly [before: string, version: string | null, after: string]> = [
    ["TYPE=web:1.0.0+1", "1.0.0+1", "TYPE=web:2.0.0+2"],
    ["TYPE=web", null, "TYPE=web:2.0.0+2"],
    ["RECIPE=web:1.0.0+1", "1.0.0+1", "RECIPE=web:2.0.0+2"],
    ["export TYPE=web:1.0.0+1", "1.0.0+1", "export TYPE=web:2.0.0+2"],
    ['TYPE="web:1.0.0+1" # of ours', "1.0.0+1", 'TYPE="web:2.0.0+2" # of ours'],
    ["TYPE=git.example.org/us/web:1.0.0+1", "1.0.0+1", "TYPE=git.example.org/us/web:2.0.0+2"],
    ["MY_TYPE=web:1", null, "MY_TYPE=web:1"],
    ["# TYPE=web:1", null, "# TYPE=web:1"]
  ]
  for (const [before, version, after] of lines) {
    it(`of ${before}`, () => {
      const around = (line: string) => `A=1\r\n${line}\nB=$2 $& x\n`
      assert.strictEqual(versionIn(around(before)), version)
      assert.strictEqual(withVersion(around(before), "2.0.0+2"), around(after))
    })
  }

  it("is written only once", () => {
    const text = "TYPE=web:1\nTYPE=web:2\n"
    assert.strictEqual(withVersion(text, "3"), "TYPE=web:3\nTYPE=web:2\n")
  })

  it.live("is written through a link, and keeps the file's mode", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "lastgood-abra-file-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const [file, link] = [join(folder, "kept-in-git.env"), join(folder, "app.env")]
      writeFileSync(file, "TYPE=web:1\n", { mode: 0o640 })
      symlinkSync(file, link)
      yield* writeVersion(link, "2")
      assert.isTrue(lstatSync(link).isSymbolicLink())
      assert.deepStrictEqual([readFileSync(file, "utf8"), statSync(file).mode & 0o777], ["TYPE=web:2\n", 0o640])
    }).pipe(Effect.scoped)
  )

  it("belongs to the server whose folder contains the file", () => {
    assert.strictEqual(serverOf("/root/.abra/servers/one.example.org/app.env"), "one.example.org")
    assert.strictEqual(serverOf("/etc/lastgood/app.env"), "default")
    assert.strictEqual(serverOf(null), "default")
  })
})

describe("abra.sh", () => {
  it("gives its exported variables, quoted or not, and runs nothing", () => {
    const text = `export A=v1 # note
export B="two words"
C=3
if true; then export D=4; fi
E() { echo; }
`
    assert.deepStrictEqual(exportsIn(text), { A: "v1", B: "two words" })
  })
})
