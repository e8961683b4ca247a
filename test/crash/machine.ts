/**
 * Little machines for crash images: namespaces of their own for mounts, processes and network, with the root on an ext4
 * filesystem in an image file. A machine ends with its first process: all others die, its mounts are gone, as in a power
 * cut. Each has another boot id, and all see their root at the same path.
 */
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const interpreter = join(import.meta.dirname, "../../node_modules/node/bin/node")

const sh = (tool: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

/** What this host lacks for machines; null: nothing. */
export const missing = (): string | null => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "crash images need root on Linux"
  if (!existsSync("/dev/loop-control")) return "crash images need loop devices (/dev/loop-control)"
  for (const tool of ["mkfs.ext4", "fsck.ext4", "unshare", "ip"]) {
    if (!["/sbin", "/usr/sbin", "/bin", "/usr/bin"].some((folder) => existsSync(join(folder, tool)))) {
      return `crash images need ${tool}`
    }
  }
  return ["mkfs.btrfs", "mkfs.xfs"].some(
    (tool) => existsSync(join("/usr/sbin", tool)) || existsSync(join("/sbin", tool))
  )
    ? null
    : "crash images need mkfs.btrfs or mkfs.xfs"
}

const makeReflinking = (image: string): void => {
  try {
    sh("mkfs.btrfs", "--quiet", image)
  } catch {
    sh("mkfs.xfs", "-q", "-m", "reflink=1", image)
  }
}

export interface Machines {
  /** The world's folder. `root`, `tmp` and `seen` in it are each machine's own. */
  readonly home: string
  /** Image files, on a filesystem that copies them in an instant. */
  readonly images: string
  /** Runs a script of this folder on a machine whose root is the image. @returns what it prints. */
  readonly run: (script: string, image: string, options: string, ...args: ReadonlyArray<string>) => Promise<string>
  /** The recipe and the configuration go: the next history lays its own. */
  readonly forget: () => void
  readonly end: () => void
}

/** Mounts once to have the journal replayed, asks fsck, mounts again, then runs the script. */
const boot = `set -e
ip link set lo up
cat /proc/sys/kernel/random/uuid >"$HOME_/boot.$5"
mount --bind "$HOME_/boot.$5" /proc/sys/kernel/random/boot_id
mount -t tmpfs none "$HOME_/tmp"
mount -t tmpfs none "$HOME_/seen"
mount -o "loop,$2" "$1" "$HOME_/root"
umount "$HOME_/root"
fsck.ext4 -fn "$1" >"$HOME_/tmp/fsck" 2>&1 || { echo "fsck is not content:"; cat "$HOME_/tmp/fsck"; exit 9; } >&2
rm "$HOME_/tmp/fsck"
mount -o "loop,$2" "$1" "$HOME_/root"
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

  const run: Machines["run"] = (script, image, options, argument = "") =>
    new Promise((resolve, reject) => {
      const namespaces = ["--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc"]
      serial += 1
      const given = [image, options, interpreter, join(import.meta.dirname, script), String(serial), argument]
      const child = spawn("unshare", [...namespaces, "sh", "-c", boot, "sh", ...given], {
        env: { ...process.env, HOME_: home },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let [out, err] = ["", ""]
      child.stdout.on("data", (chunk) => (out += chunk))
      child.stderr.on("data", (chunk) => (err += chunk))
      child.once("error", reject)
      child.once("close", (code) =>
        code === 0 ? resolve(out) : reject(new Error(`${script} on ${image} ended with ${code}: ${err}${out}`))
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

/** An empty ext4 filesystem in a file. */
export const makeDisk = (image: string, mebibytes: number): void => {
  sh("truncate", `--size=${mebibytes}M`, image)
  sh("mkfs.ext4", "-q", "-F", image)
}

/** An atomic copy of all that the filesystem in the file has given to its disk. */
export const copyDisk = (from: string, to: string): void => {
  sh("cp", "--reflink=always", from, to)
}
