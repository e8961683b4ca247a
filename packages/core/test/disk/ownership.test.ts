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
import { faultOf, personOf, remedyFor, trustVariable } from "../../src/disk/ownership.ts"
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

  it("does not include root's files below /tmp, where everybody can create files", () => {
    assert.isNull(faultOf(file("a")))
    assert.isNull(faultOf(made("not", "there")))
  })

  it("includes a file of another user, and one that everybody or another group may write", () => {
    assert.strictEqual(faultOf(file("theirs", 0o600, nobody))?.owner?.uid, nobody)
    assert.include(faultOf(file("open", 0o666))?.what, "every user")
    chownSync(file("shared", 0o664), 0, 987654)
    assert.include(faultOf(made("shared"))?.what, "the group 987654")
  })

  it("does not include files that root's own group may write (a umask of 002)", () => {
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
    "includes files of a group without members in the files, because a directory service may add members",
    () => {
      chownSync(file("shared", 0o664), 0, others ?? 0)
      assert.include(faultOf(made("shared"))?.what, `the group ${others} `)
    }
  )
  const ofHost = empty.find((gid) => gid < 100)
  it.skipIf(ofHost === undefined)("does not include files of an empty system group (staff, in /usr/local)", () => {
    chownSync(file("shared", 0o664), 0, ofHost ?? 0)
    assert.isNull(faultOf(made("shared")))
  })

  it("includes everything below a folder that others own or may write to", () => {
    folderAt("open", 0o777)
    folderAt("theirs", 0o755, nobody)
    for (const at of ["open", "theirs"]) assert.strictEqual(faultOf(file(`${at}/a`))?.at, made(at))
  })

  it("includes a sticky folder itself", () => {
    folderAt("sticky", 0o1777)
    assert.isNull(faultOf(file("sticky/a")))
    assert.strictEqual(faultOf(made("sticky"))?.at, made("sticky"))
  })

  it("includes a link of another user, and another user's file behind a link of ours", () => {
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

  describe("by the person who owns the app's folder", () => {
    const person = 1000
    const theirs = () => {
      folderAt("home", 0o755, person)
      folderAt("home/app", 0o775, person)
      file("home/app/compose.yml", 0o664, person)
      return made("home", "app")
    }

    it("is trusted for that app, and nobody else is", () => {
      const app = theirs()
      assert.strictEqual(personOf(app), person)
      assert.isNotNull(faultOf(join(app, "compose.yml")))
      chmodSync(app, 0o755)
      chmodSync(join(app, "compose.yml"), 0o644)
      assert.isNull(faultOf(join(app, "compose.yml"), person))
      assert.isNull(faultOf(join(app, "data", "none"), person))
      // Another user in between, or one who may write there.
      chownSync(made("home"), 1001, 1001)
      assert.strictEqual(faultOf(app, person)?.owner?.uid, 1001)
      chownSync(made("home"), person, person)
      for (const mode of [0o757, 0o777]) {
        chmodSync(app, mode)
        assert.include(faultOf(join(app, "compose.yml"), person)?.what, "every user")
      }
      chmodSync(app, 0o775)
      chownSync(app, person, 987654)
      assert.include(faultOf(join(app, "compose.yml"), person)?.what, "the group 987654")
    })

    it("is not a service, a container's user, or nobody", () => {
      const app = theirs()
      for (const uid of [0, 33, 999, nobody, 100_999]) {
        chownSync(app, uid, uid)
        assert.isNull(personOf(app), String(uid))
      }
      assert.isNull(personOf(null))
      assert.isNull(personOf(made("none")))
    })

    it("is not trusted where everybody can make a folder of that name", () => {
      folderAt("sticky", 0o1777)
      folderAt("sticky/app", 0o755, person)
      assert.strictEqual(faultOf(made("sticky", "app"), person)?.at, made("sticky"))
      assert.isNull(faultOf(folderAt("sticky/ours"), person))
      // A repository of root's own is read as its owner.
      assert.isNull(faultOf(made("sticky", "ours"), 0))
    })
  })

  it("can be trusted by name, with everything below it and nothing else", () => {
    const open = folderAt("open", 0o777)
    file("open/a", 0o666, nobody)
    const fault = faultOf(made("open", "a"))
    assert.include(fault === null ? "" : remedyFor(fault), `${trustVariable}=${open}`)
    trusting(open, () => assert.isNull(faultOf(made("open", "a"))))
    trusting(`/nowhere:${open}/`, () => assert.isNull(faultOf(made("open", "a"))))
    trusting(made("ope"), () => assert.isNotNull(faultOf(made("open", "a"))))
    trusting(made("open", "a"), () => assert.strictEqual(faultOf(made("open", "a"))?.at, open))
  })

  it("is never in the PATH or HOME of a started program", () => {
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
