import { assert, describe, it } from "@effect/vitest"
import { mountsIn } from "../../src/snapshot/Mounts.ts"

const table = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 8:2 / /srv rw shared:2 - xfs /dev/sdb rw
31 30 0:40 / /srv/with\\040space/in rw - tmpfs tmpfs rw
32 21 0:41 / /srvx rw - tmpfs tmpfs rw
`

describe("Mounts", () => {
  const mounts = mountsIn(table)
  it("distinguishes a mount point from a folder in one", () => {
    assert.deepStrictEqual([mounts.isMountPoint("/srv"), mounts.isMountPoint("/srv/a")], [true, false])
  })
  it("lists the mounts below a folder, with unescaped names, and no other with the same prefix", () => {
    assert.deepStrictEqual(mounts.below("/srv"), ["/srv/with space/in"])
    assert.deepStrictEqual(mounts.below("/srv/with space"), ["/srv/with space/in"])
    assert.deepStrictEqual(mounts.below("/"), ["/srv", "/srv/with space/in", "/srvx"])
  })
  it("knows two mounts of one filesystem as one", () => {
    const some = mountsIn(`${table}50 21 0:60 / /pool rw - btrfs /dev/sdc rw
51 21 0:60 /apps /apps rw - btrfs /dev/sdc rw
`)
    assert.strictEqual(some.filesystemOf("/pool/sub/volume"), some.filesystemOf("/apps/wiki"))
    assert.notStrictEqual(some.filesystemOf("/pool"), some.filesystemOf("/srv"))
  })
  it("finds the mount of a path", () => {
    assert.deepStrictEqual(["/srv/with space/in/a", "/srv/with", "/srvx", "/home"].map(mounts.holding), [
      "/srv/with space/in",
      "/srv",
      "/srvx",
      "/"
    ])
  })
  it("knows which paths no server answers for, by the mount that covers the others", () => {
    const some = mountsIn(`${table}40 21 0:50 / /nas rw - nfs4 server:/ rw
41 40 0:51 / /nas/scratch rw - tmpfs tmpfs rw
42 21 0:52 / /home rw - ext4 /dev/sdc rw
43 42 0:53 / /home rw - fuse.sshfs me@server: rw
`)
    const seen = ["/", "/srv/a", "/nas", "/nas/a", "/nas/scratch/a", "/nasty", "/home/me"].map(some.isLocal)
    assert.deepStrictEqual(seen, [true, true, false, false, true, true, false])
    assert.isFalse(mountsIn("").isLocal("/"))
  })
})
