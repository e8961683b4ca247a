/**
 * A tree with everything that a volume may hold, and a description of a tree that shares no code with what it checks:
 * find, sha256sum, getfattr and stat, byte for byte.
 */
import { execFileSync } from "node:child_process"

const tool = (cwd: string, command: string, args: ReadonlyArray<string>): string =>
  execFileSync(command, [...args], {
    cwd,
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"]
  }).toString("latin1")

/** Type, mode, owner, times in nanoseconds, links, content, sparseness, devices, xattrs and ACLs of every path. */
export const describeTree = (root: string): ReadonlyArray<string> => {
  const found = tool(root, "find", [".", "-printf", "%p\\0%y\\0%m\\0%U:%G\\0%T@\\0%s\\0%b\\0%i\\0%l\\0"]).split("\0")
  const lines: Array<string> = []
  const names = new Map<string, Array<string>>()
  for (let i = 0; i + 9 <= found.length - 1; i += 9) {
    const [path, type, mode, owner, mtime, size, blocks, inode, target] = found.slice(i, i + 9)
    const sparse = type === "f" && Number(blocks) * 512 < Number(size)
    lines.push([path, type, mode, owner, mtime, type === "d" ? "" : size, sparse ? "sparse" : "", target].join("|"))
    if (type !== "d") names.set(inode ?? "", [...(names.get(inode ?? "") ?? []), path ?? ""])
  }
  const groups = [...names.values()].filter((group) => group.length > 1).map((group) => group.sort().join(" = "))
  const sums = tool(root, "find", [".", "-type", "f", "-exec", "sha256sum", "--zero", "{}", "+"]).split("\0")
  const devices = tool(root, "find", [
    ".",
    "(",
    "-type",
    "b",
    "-o",
    "-type",
    "c",
    ")",
    "-exec",
    "stat",
    "--format=%n %t:%T",
    "{}",
    "+"
  ])
  const attributes = tool(root, "getfattr", ["-R", "-h", "-d", "-m", "-", "-e", "hex", "."])
    .split("\n\n")
    .map((block) => block.split("\n").sort().join(" "))
  return [lines.sort(), groups.sort(), sums.sort(), devices.split("\n").sort(), attributes.sort()].flat()
}

/** The hard cases, one after the other. `$1` is an empty folder. */
const script = `
set -eu
cd "$1"
printf plain > file
mkdir -p deep/er && printf deep > deep/er/file
mkdir empty closed
: > zero
printf x > secret
printf x > setuid && chmod 6755 setuid
mkdir sticky && chmod 1777 sticky
printf one > hard && ln hard hard2 && ln hard deep/hard3
ln -s file link; ln -s nowhere dangling; ln -s /etc/passwd absolute; ln -s ../../../.. up; ln link linked-link
printf '%s' 'user:x' > 'a
b'
printf dash > ./-rf; printf q > 'quo"te\\back'"'"; printf glob > '*?[x]'; printf sp > ' lead and trail '
printf latin > "$(printf 'caf\\351')"; printf bytes > "$(printf '\\377\\376')"
printf nfc > "$(printf 'e\\303\\251')"; printf nfd > "$(printf 'ee\\314\\201')"
printf long > "$(printf '%0255d' 7)"
l="$(printf '%0200d' 1)"; mkdir -p "$l/$l/$l" && printf far > "$l/$l/$l/far" && ln "$l/$l/$l/far" near
printf '%s' "$l" > GNUSparseFile.1; mkdir GNUSparseFile.2 && printf x > GNUSparseFile.2/x
truncate -s 5M holes && printf middle | dd of=holes bs=1 seek=2000000 conv=notrunc status=none
truncate -s 3M onlyhole && ln onlyhole onlyhole2
mkfifo fifo
touch -d '2001-02-03 04:05:06.123456789' file
touch -h -d '1999-12-31 23:59:59.987654321' link
touch -d '1969-12-31 23:59:58.5' zero
touch -d '2033-01-01 00:00:00.000000001' deep/er/file
mkdir across && ln deep/er/file across/again; ln -s x across/l && ln across/l deep/same-link
ln -s "$(printf '%04095d' 0)" longest-link || ln -s "$(printf '%01000d' 0)" longest-link
mkdir -- --exclude=x -C; : > @file; : > --checkpoint-action=exec=sh; mkdir PaxHeaders && : > PaxHeaders/x
mkdir GNUSparseFile.0 && truncate -s 1M GNUSparseFile.0/sparse
touch -d '1901-12-14 00:00:00.000000001' very-old; touch -d '1969-12-31 23:59:59.999999999' just-before
touch -d '2106-02-07 06:28:16.5' future; touch -d '2446-05-01 00:00:00.999999999' far-future
setfattr -n user.note -v 'hello' file
setfattr -n user.tricky -v "$(printf 'x\\n28 path=../../../etc/passwd\\ny')" deep
setfattr -n user.binary -v 0x00ff0a00 hard
`
const asRoot = `
cd "$1"
chmod 000 closed secret
printf o > owned && chown 12345:54321 owned
printf o > far-owned && chown 3000000000:3000000001 far-owned
printf o > last-owner && chown 4294967294:4294967294 last-owner
chown -h 77:78 dangling
mkdir -p a-b && printf x > a-b/sgid && chmod 2711 a-b/sgid && chmod 3777 a-b
setfattr -h -n trusted.link -v v link; setfattr -h -n trusted.link -v v absolute; setfattr -h -n trusted.link -v v up
setfattr -n trusted.dir -v v deep
printf x > big-attr; setfattr -n user.big -v "$(printf '%060000d' 1)" big-attr || setfattr -n user.big -v "$(printf '%03000d' 1)" big-attr
printf x > masked && setfacl -m u:4294967293:rw,g:77:rwx,m::r masked
printf c > caps && chmod 755 caps && setcap cap_net_bind_service=ep caps
setfattr -n trusted.note -v secret file
setfattr -n trusted.overlay.opaque -v y empty
mknod null c 1 3; mknod disk b 7 99
setfacl -m u:4242:r,g:4243:rw secret; setfacl -m u:4242:rwx,d:u:4242:rwx,d:g::-,d:m::rx deep
setfattr -n user.root -v volume . ; setfacl -m d:u:4242:rx .
chown 999:998 . ; chmod 2750 .
touch -d '2010-10-10 10:10:10.101010101' deep closed empty .
`

/** Fills an empty folder. Owners, devices, ACLs, trusted xattrs and what only root can read only where the tests run as root. */
export const fillTree = (root: string): void => {
  execFileSync("bash", ["-c", script, "bash", root], { stdio: ["ignore", "inherit", "pipe"] })
  if (process.getuid?.() === 0) {
    execFileSync("bash", ["-c", `set -eu${asRoot}`, "bash", root], { stdio: ["ignore", "inherit", "pipe"] })
  }
}

/**
 * Gives the folders around the volumes and the store an ACL and a set-group-ID bit, which new files and folders would
 * inherit, and restored ones must not.
 */
export const inheritableModes = (root: string): void => {
  execFileSync("find", [
    root,
    "-type",
    "d",
    "!",
    "-path",
    "*/_data*",
    "!",
    "-path",
    "*/mirror/*/tree*",
    "-exec",
    "setfacl",
    "-d",
    "-m",
    "u:4444:rwx",
    "{}",
    "+",
    "-exec",
    "chmod",
    "g+s",
    "{}",
    "+"
  ])
}
