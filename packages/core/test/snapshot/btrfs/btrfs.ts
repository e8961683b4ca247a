/** Volumes whose folders are subvolumes. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { EffectiveApp } from "../../../src/domain/App.ts"
import { withEngine } from "../fixture.ts"

/** The app with snapshots of subvolumes. */
export const withSubvolumes = (app: EffectiveApp): EffectiveApp => withEngine("btrfs", app)

export const btrfs = (...args: ReadonlyArray<string>): string => execFileSync("btrfs", args).toString()

export const makeSubvolume = (path: string): void => {
  fs.mkdirSync(dirname(path), { recursive: true })
  btrfs("subvolume", "create", path)
}

/** Its root folder has this inode. */
export const isSubvolume = (path: string): boolean => fs.lstatSync(path).ino === 256

/** How many subvolumes are on the filesystem of a path. */
export const subvolumesAt = (path: string): number =>
  btrfs("subvolume", "list", path)
    .split("\n")
    .filter((line) => line !== "").length
