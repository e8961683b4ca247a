import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { faultOf, remedyFor, trustVariable } from "../../src/disk/ownership.ts"
import { defaultPath, ownHome, ownPath } from "../../src/process/environment.ts"

const isRoot = process.getuid?.() === 0
const nobody = 65534

let folder = ""
const made = (...parts: ReadonlyArray<string>) => join(folder, ...parts)

const file = (name: string, mode = 0o644, owner = 0) => {
  writeFileSync(made(name), "")
  chownSync(made(name), owner, owner)
  chmodSync(made(name), mode)
  return made(name)
}
const folderAt = (name: string, mode = 0o755, owner = 0) => {
  mkdirSync(made(name))
  chownSync(made(name), owner, owner)
  chmodSync(made(name), mode)
  return made(name)
}
const trusting = <A>(path: string, look: () => A): A => {
  process.env[trustVariable] = path
  try {
    return look()
  } finally {
    delete process.env[trustVariable]
  }
}

/** Verifies: LAW-17 */
describe.skipIf(!isRoot)("what another user could have written", () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lastgood-test-"))
    chmodSync(folder, 0o755)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it("is not what belongs to root, below a /tmp where everybody can make files", () => {
    assert.isNull(faultOf(file("a")))
    assert.isNull(faultOf(made("not", "there")))
  })

  it("is a file of another user, and one that all or a group of others may write", () => {
    assert.strictEqual(faultOf(file("theirs", 0o600, nobody))?.owner?.uid, nobody)
    assert.include(faultOf(file("open", 0o666))?.what, "every user")
    chownSync(file("shared", 0o664), 0, 987654)
    assert.include(faultOf(made("shared"))?.what, "the group 987654")
  })

  it("is not what root's own group may write (a umask of 002)", () => {
    assert.isNull(faultOf(file("mine", 0o664)))
  })

  const lines = (path: string) => readFileSync(path, "utf8").split("\n")
  const primary = new Set(lines("/etc/passwd").map((line) => line.split(":")[3]))
  const empty = lines("/etc/group").flatMap((line) => {
    const [name = "", , gid, members] = line.split(":")
    return name !== "" && members === "" && !primary.has(gid) ? [Number(gid)] : []
  })
  const others = empty.find((gid) => gid >= 100)
  it.skipIf(others === undefined)(
    "is what a group may write that no file gives a member: a directory service may",
    () => {
      chownSync(file("shared", 0o664), 0, others ?? 0)
      assert.include(faultOf(made("shared"))?.what, `the group ${others} `)
    }
  )
  const ofHost = empty.find((gid) => gid < 100)
  it.skipIf(ofHost === undefined)(
    "is not what an empty group of the distribution's may write (staff, in /usr/local)",
    () => {
      chownSync(file("shared", 0o664), 0, ofHost ?? 0)
      assert.isNull(faultOf(made("shared")))
    }
  )

  it("is all below a folder that others may write to or own", () => {
    folderAt("open", 0o777)
    folderAt("theirs", 0o755, nobody)
    for (const at of ["open", "theirs"]) assert.strictEqual(faultOf(file(`${at}/a`))?.at, made(at))
  })

  it("is what a sticky folder of all would become, when it is asked about itself", () => {
    folderAt("sticky", 0o1777)
    assert.isNull(faultOf(file("sticky/a")))
    assert.strictEqual(faultOf(made("sticky"))?.at, made("sticky"))
  })

  it("is a link of another user, and what a link of ours leads to", () => {
    symlinkSync(file("a"), made("their-link"))
    lchownSync(made("their-link"), nobody, nobody)
    assert.strictEqual(faultOf(made("their-link"))?.at, made("their-link"))
    folderAt("open", 0o777)
    symlinkSync(file("open/b"), made("link"))
    assert.strictEqual(faultOf(made("link"))?.at, made("open"))
    symlinkSync(made("a"), made("good-link"))
    assert.isNull(faultOf(made("good-link")))
    symlinkSync("round", made("round"))
    assert.include(faultOf(made("round"))?.what, "too many links")
  })

  it("is trusted by name, with what is below it, and nothing else is", () => {
    const open = folderAt("open", 0o777)
    file("open/a", 0o666, nobody)
    const fault = faultOf(made("open", "a"))
    assert.include(fault === null ? "" : remedyFor(fault), `${trustVariable}=${open}`)
    trusting(open, () => assert.isNull(faultOf(made("open", "a"))))
    trusting(`/nowhere:${open}/`, () => assert.isNull(faultOf(made("open", "a"))))
    trusting(made("ope"), () => assert.isNotNull(faultOf(made("open", "a"))))
    trusting(made("open", "a"), () => assert.strictEqual(faultOf(made("open", "a"))?.at, open))
  })

  it("is no part of a PATH or a HOME that a program is started with", () => {
    const theirs = folderAt("theirs", 0o755, nobody)
    const open = folderAt("open", 0o777)
    assert.strictEqual(ownPath(`:.:bin:${theirs}:${open}:${made("gone")}:/usr/bin:/bin:/usr/bin`), "/usr/bin:/bin")
    assert.strictEqual(ownPath(theirs), defaultPath)
    assert.strictEqual(ownPath(undefined), defaultPath)
    assert.strictEqual(ownHome(folder), folder)
    for (const home of [theirs, open, "", "relative", undefined])
      assert.notInclude([theirs, open, "", "relative"], ownHome(home))
  })
})
