/** A filesystem of its own in a sparse file: nobody else writes to it, so a sync waits for nobody else's data. */
import { existsSync } from "node:fs"
import { mkdir, rm, truncate, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"

export type Kind = "ext4" | "xfs" | "btrfs"

/** Many inodes: a million files and their copies must fit. */
const options: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  ext4: ["-q", "-i", "4096"],
  xfs: ["-q"],
  btrfs: ["-q"]
}

export const canMake = (kind: Kind): boolean => existsSync(`/sbin/mkfs.${kind}`)

/** @param use gets the path of the mounted filesystem, which is removed afterwards. */
export const onDisk = async <A>(
  home: string,
  kind: Kind,
  gigabytes: number,
  use: (disk: string) => Promise<A>
): Promise<A> => {
  const image = path.join(home, `${kind}.image`)
  const disk = path.join(home, kind)
  await mkdir(disk, { recursive: true })
  await writeFile(image, "")
  await truncate(image, gigabytes * 2 ** 30)
  await execa(`mkfs.${kind}`, [...options[kind], image])
  // Otherwise its content is in the page cache twice, and a few gigabytes do not fit into memory.
  const { stdout: device } = await execa("losetup", ["--find", "--show", "--direct-io=on", image])
  await execa("mount", [device, disk])
  try {
    return await use(disk)
  } finally {
    await execa("umount", ["--lazy", disk])
    await execa("losetup", ["--detach", device])
    await rm(image)
  }
}

/** The content of files, but not what the kernel knows of the files themselves. */
export const dropPageCache = async (): Promise<void> => {
  await execa("sync", [])
  await writeFile("/proc/sys/vm/drop_caches", "1")
}
