/**
 * Little machines for crash images: namespaces of their own for mounts, processes and network, with the root on a
 * filesystem in an image file. A machine ends with its first process: all others die, its mounts are gone, as in a power
 * cut. Each has another boot id, and all see their root at the same path.
 */
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Filesystem, Image } from "./image.ts"

const interpreter = join(import.meta.dirname, "../../node_modules/node/bin/node")

const sh = (tool: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

const has = (tool: string): boolean =>
  ["/sbin", "/usr/sbin", "/bin", "/usr/bin"].some((folder) => existsSync(join(folder, tool)))

/** What makes a filesystem, what checks it and changes nothing, and its size in MiB: xfs refuses a smaller one. */
const kinds = {
  btrfs: { make: ["mkfs.btrfs", "--quiet"], check: ["btrfs", "check", "--readonly"], mebibytes: 400 },
  ext4: { make: ["mkfs.ext4", "-q", "-F"], check: ["fsck.ext4", "-fn"], mebibytes: 256 },
  xfs: { make: ["mkfs.xfs", "-q"], check: ["xfs_repair", "-n"], mebibytes: 400 }
} as const satisfies Readonly<Record<Filesystem, object>>

/** Whether this host can make and check filesystems of a kind. */
export const canHave = (filesystem: Filesystem): boolean => {
  const { check, make } = kinds[filesystem]
  return has(make[0]) && has(check[0])
}

/** What this host lacks for machines; null: nothing. */
export const missing = (): string | null => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "crash images need root on Linux"
  if (!existsSync("/dev/loop-control")) return "crash images need loop devices (/dev/loop-control)"
  const lacks = ["mkfs.ext4", "fsck.ext4", "unshare", "ip"].find((tool) => !has(tool))
  if (lacks !== undefined) return `crash images need ${lacks}`
  return canHave("btrfs") || canHave("xfs") ? null : "crash images need btrfs-progs or xfsprogs"
}

const makeReflinking = (image: string): void => {
  try {
    sh("mkfs.btrfs", "--quiet", image)
  } catch {
    sh("mkfs.xfs", "-q", "-m", "reflink=1", image)
  }
}

/** `file`: of an image. */
export type Root = Pick<Image, "file" | "filesystem" | "options">

export interface Machines {
  /** The world's folder. `root`, `tmp` and `seen` in it are each machine's own. */
  readonly home: string
  /** Image files, on a filesystem that copies them in an instant. */
  readonly images: string
  /** Runs a script of this folder on a machine with this root. @returns what it prints. */
  readonly run: (script: string, root: Root, argument?: string) => Promise<string>
  /** The recipe and the configuration go: the next history lays its own. */
  readonly forget: () => void
  readonly end: () => void
}

/**
 * Mounts once to have the journal replayed, checks the filesystem, mounts again, then runs the script. The kernel may remember
 * the last image with the same id, which all images of one btrfs have, and refuse an older one.
 */
const boot = `set -e
ip link set lo up
cat /proc/sys/kernel/random/uuid >"$HOME_/boot.$5"
mount --bind "$HOME_/boot.$5" /proc/sys/kernel/random/boot_id
mount -t tmpfs none "$HOME_/tmp"
mount -t tmpfs none "$HOME_/seen"
place() {
  mount -t "$7" -o "loop,$2" "$1" "$HOME_/root" && return
  [ "$7" = btrfs ] && btrfs device scan --forget && mount -t "$7" -o "loop,$2" "$1" "$HOME_/root"
}
place "$@"
umount "$HOME_/root"
$8 "$1" >"$HOME_/tmp/check" 2>&1 || { echo "$8:"; cat "$HOME_/tmp/check"; exit 9; } >&2
rm "$HOME_/tmp/check"
place "$@"
set +e
"$3" "$4" "$HOME_" "$6"
code=$?
exit $code
`

export const makeMachines = (): Machines => {
  const folder = mkdtempSync(join(tmpdir(), "lastgood-crash-"))
  chmodSync(folder, 0o700)
  const [home, images, disk] = [join(folder, "home"), join(folder, "images"), join(folder, "disk")]
  for (const path of [home, images, join(home, "root"), join(home, "tmp"), join(home, "seen")]) mkdirSync(path)
  writeFileSync(disk, "")
  sh("truncate", "--size=6G", disk)
  makeReflinking(disk)
  sh("mount", "-o", "loop", disk, images)
  let serial = 0

  const run: Machines["run"] = (script, { file, filesystem, options }, argument = "") =>
    new Promise((resolve, reject) => {
      const namespaces = ["--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc"]
      serial += 1
      const program = [interpreter, join(import.meta.dirname, script), String(serial), argument]
      const given = [file, options, ...program, filesystem, kinds[filesystem].check.join(" ")]
      const child = spawn("unshare", [...namespaces, "sh", "-c", boot, "sh", ...given], {
        env: { ...process.env, HOME_: home },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let [out, err] = ["", ""]
      child.stdout.on("data", (chunk) => (out += chunk))
      child.stderr.on("data", (chunk) => (err += chunk))
      child.once("error", reject)
      child.once("close", (code) =>
        code === 0 ? resolve(out) : reject(new Error(`${script} on ${file} ended with ${code}: ${err}${out}`))
      )
    })

  const forget = (): void => rmSync(join(home, "recipe"), { recursive: true, force: true })

  const end = (): void => {
    try {
      sh("umount", images)
    } catch {
      sh("umount", "--lazy", images)
    }
    rmSync(folder, { recursive: true, force: true })
  }
  return { home, images, run, forget, end }
}

/** Makes an empty filesystem in a file. */
export const makeDisk = (
  image: string,
  filesystem: Filesystem,
  mebibytes: number = kinds[filesystem].mebibytes
): void => {
  const [tool, ...options] = kinds[filesystem].make
  sh("truncate", `--size=${mebibytes}M`, image)
  sh(tool, ...options, image)
}

/** An atomic copy of all that the filesystem in the file has given to its disk. */
export const copyDisk = (from: string, to: string): void => {
  sh("cp", "--reflink=always", from, to)
}
