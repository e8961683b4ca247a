/** What is known of a volume before its next snapshot, for the choice of its engine. Takes milliseconds for any size. */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { EffectiveApp, Volume } from "../../domain/App.ts"
import {
  type MirrorState,
  smallBytes,
  smallEntries,
  type VolumeProbe,
  type VolumeSize
} from "../../domain/chooseEngines.ts"
import { run } from "../../process/Tool.ts"
import { whyNoSubvolume } from "../btrfs/Engine.ts"
import { type Folder, openFolder, pruneOwn, startOf } from "../Folder.ts"
import { readMounts } from "../Mounts.ts"
import { holdBase, type Place } from "../Place.ts"
import { nearest } from "../Room.ts"
import { ext4, mirrorPlaceOf, whyNoMirror } from "./Engines.ts"
import { mirrorAt } from "./Home.ts"
import { canShareBlocksIn } from "./SharedBlocks.ts"
import { isOfThisBoot } from "./tree/Boot.ts"
import { manifestAt, readList } from "./tree/List.ts"
import { isPartial } from "./tree/Tree.ts"

/** The size of a volume by name, if it is known; null: it is not. */
export type SizeOf = (volume: string) => VolumeSize | null

/** The blocks of 512 bytes, and the type. */
const format = "%b %y\\n"

/** The longest line of a file that is not beyond the limit. */
const lineBytes = "131072 f\n".length

/** The size of a small volume; null: it is not small. The list ends at the limit, however large the volume is. */
const smallSizeOf = (folder: Folder) =>
  Effect.gen(function* () {
    const listing = [startOf(folder), "-ignore_readdir_race", ...pruneOwn(folder), "-printf", format]
    // The app may run: a folder that disappears during the walk makes no small volume a large one.
    const codes = [0, 1]
    const { stdout } = yield* run("find", listing, { cwd: folder.at, codes, maxBytes: smallEntries * lineBytes })
    const entries = stdout.split("\n").slice(0, -1)
    const blocks = entries.reduce((sum, line) => sum + Number.parseInt(line, 10), 0)
    const found: VolumeSize = { bytes: blocks * 512, files: entries.filter((line) => !line.endsWith("d")).length }
    return isSmall(entries.length, found) ? found : null
  }).pipe(Effect.catch(() => Effect.succeed(null)))

const isSmall = (entries: number, { bytes }: VolumeSize): boolean => entries < smallEntries && bytes < smallBytes

const stateOf = (app: EffectiveApp, place: Place) =>
  Effect.gen(function* () {
    const mirror = yield* mirrorAt(app, place)
    if (mirror === null) return "none"
    const { held } = mirror
    const isListed = (yield* readList(manifestAt(held))) !== null && !(yield* isPartial(held))
    return isListed && (yield* isOfThisBoot(held)) ? "made" : "begun"
  }).pipe(Effect.map((state): MirrorState => state))

const sharesBlocks = (folder: Folder, place: Place) =>
  Effect.gen(function* () {
    const { type } = yield* io("look at", folder.path, () => fs.statfs(folder.at))
    return Number(type) === ext4 ? false : yield* canShareBlocksIn(yield* holdBase(place))
  })

/**
 * @param sizeOf its size, as measured last.
 * @param isTold to people: also what only the text needs, for which a file is written.
 */
export const probeVolume = (app: EffectiveApp, volume: Volume, sizeOf: SizeOf, isTold: boolean) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(app, volume)
    const place = yield* mirrorPlaceOf(app, volume)
    const noSubvolume = yield* whyNoSubvolume(app, folder, place.kind)
    const noMirror = yield* whyNoMirror(app, folder, place.kind)
    const mirror = yield* stateOf(app, place)
    const isOpen = noSubvolume !== null && noMirror === null
    const small = isOpen && mirror === "none" ? yield* smallSizeOf(folder) : null
    const isProbed = isOpen && small === null && (isTold || mirror === "none")
    const { bavail, bfree, blocks, bsize } = yield* io("measure", folder.path, () => fs.statfs(folder.at))
    const { filesystemOf } = yield* readMounts
    const filesystem = filesystemOf(folder.path)
    const probe: VolumeProbe = {
      ...{ noSubvolume, noMirror, mirror },
      isSmall: small !== null,
      size: small ?? sizeOf(volume.name),
      sharesBlocks: isProbed && (yield* sharesBlocks(folder, place)),
      disk: {
        id: filesystem,
        usedBytes: (blocks - bfree) * bsize,
        freeBytes: bavail * bsize,
        hasArchives: filesystem === filesystemOf(yield* nearest(app.dir))
      }
    }
    return probe
  }).pipe(Effect.scoped)
