/** `snapshot.engine: auto`: which engine captures each volume, and why, in one sentence. Pure. */
import { durationText } from "./durationText.ts"
import { size } from "./size.ts"

/** From this size on, a mirror shares the blocks of a file with it, where the filesystem can. */
export const largeFileBytes = 4 * 1024 * 1024

/** The content of a volume, in bytes on its disk. */
export interface VolumeSize {
  readonly bytes: number
  /** Absent: not counted. */
  readonly files?: number
  /** In files below `largeFileBytes`. Absent: not measured. */
  readonly smallFileBytes?: number
}

/** The filesystem of a volume, and of its mirror. Bytes as `df` counts them. */
export interface Disk {
  /** The same for volumes on the same filesystem. */
  readonly id: string
  readonly usedBytes: number
  readonly freeBytes: number
  /** The archives of all volumes go there too. */
  readonly hasArchives: boolean
}

/** `begun`: a first copy that has not ended, or one that must be made anew. */
export type MirrorState = "none" | "begun" | "made"

/** What is known of a volume before its next snapshot. */
export interface VolumeProbe {
  /** What prevents a btrfs snapshot of it; null: nothing. */
  readonly noSubvolume: string | null
  /** What prevents a mirror of it, whatever its size; null: nothing. */
  readonly noMirror: string | null
  readonly mirror: MirrorState
  /** Below `smallBytes` and `smallEntries`. */
  readonly isSmall: boolean
  /** null: not known. */
  readonly size: VolumeSize | null
  /** A copy of a large file shares the blocks of the file. */
  readonly sharesBlocks: boolean
  readonly disk: Disk
}

/** What a first copy may take, if an upgrade waits for it. */
export interface CopyLimits {
  /** Of the step `prefetch`. */
  readonly ms: number
  /** Bytes per second; null: no bound is set. */
  readonly bandwidth: number | null
}

export interface EngineChoice {
  readonly name: "btrfs" | "mirror" | "tar"
  readonly why: string
  /** Captured as an archive only until its mirror is made, which may have begun. */
  readonly isLater: boolean
}

/** An archive of less is written as fast as a mirror is compared, and needs no second tree. */
export const smallBytes = 64 * 1024 * 1024
export const smallEntries = 5000

/** A new mirror must leave the rest of the disk free, with the archives of the next snapshot on it. */
const fullest = 0.8

/** Beside the archives: as much as `prepare` asks for. */
const margin = 64 * 1024 * 1024

/** Bytes per second of a copy on one disk, at idle priority, without a bound. */
const usualBandwidth = 50_000_000

/** What mirrors that are made in the same run take, by disk. */
type Taken = ReadonlyMap<string, number>

/** What a mirror that is not there takes. */
const copyBytes = ({ sharesBlocks, size: measured }: VolumeProbe): number =>
  (sharesBlocks ? measured?.smallFileBytes : measured?.bytes) ?? 0

const sizeText = (measured: VolumeSize | null): string => {
  if (measured === null) return "size not known yet"
  const { bytes, files } = measured
  return files === undefined ? size(bytes) : `${size(bytes)} in ${files} ${files === 1 ? "file" : "files"}`
}

const tar = (why: string): EngineChoice => ({ name: "tar", why, isLater: false })

const percent = (share: number): string => `${Math.ceil(share * 100)} %`

/** Why there is no space for a mirror; null: there is. */
const noSpace = (volume: VolumeProbe, archives: number, taken: number): string | null => {
  const { disk, mirror } = volume
  const own = disk.hasArchives ? archives : 0
  if (mirror !== "none") {
    const need = own + margin
    return disk.freeBytes >= need
      ? null
      : `its filesystem has no space for its mirror any more: ${size(disk.freeBytes)} are free, and the next snapshot needs ${size(need)}`
  }
  const copy = copyBytes(volume)
  const total = disk.usedBytes + disk.freeBytes
  const used = disk.usedBytes + taken + copy + own
  if (used <= fullest * total) return null
  const what = `a mirror of ${size(copy)}${own === 0 ? "" : " and the next archive"}`
  return `${what} would fill its filesystem to ${percent(used / total)}, more than ${percent(fullest)}; for one, free ${size(used - fullest * total)} there`
}

/** Why an upgrade does not begin a first copy; null: it has the time. */
const noTime = (volume: VolumeProbe, limits: CopyLimits | null): string | null => {
  if (limits === null || volume.mirror === "made") return null
  const bandwidth = limits.bandwidth ?? usualBandwidth
  const ms = (copyBytes(volume) / bandwidth) * 1000
  if (ms <= limits.ms) return null
  const expected = `about ${durationText(ms)} to copy ${size(copyBytes(volume))}`
  return `its mirror is not made yet, which takes ${expected}, longer than \`deadlines.prefetch\` (${durationText(limits.ms)}): the daemon makes it while the app runs`
}

const choose = (volume: VolumeProbe, archives: number, taken: number, limits: CopyLimits | null): EngineChoice => {
  if (volume.noSubvolume === null) {
    return {
      name: "btrfs",
      why: "its folder is a subvolume, whose snapshot takes a moment for any size",
      isLater: false
    }
  }
  if (volume.noMirror !== null) return tar(volume.noMirror)
  const seen = sizeText(volume.size)
  if (volume.mirror === "none" && volume.isSmall) return tar(`${seen}, which an archive captures as fast as a mirror`)
  const full = noSpace(volume, archives, taken)
  if (full !== null) return tar(full)
  const late = noTime(volume, limits)
  if (late !== null) return { ...tar(late), isLater: true }
  const shared = volume.sharesBlocks ? ", and shares blocks with the data" : ""
  const made =
    volume.mirror === "made"
      ? `it is there${shared}, so only what has changed is copied`
      : `it is made while the app runs${shared}; after that, only what has changed is copied`
  return { name: "mirror", why: `${seen}; ${made}`, isLater: false }
}

/**
 * A btrfs snapshot where the folder is a subvolume; a mirror of what is not small, where it can be kept and has space; else an
 * archive. A mirror that is there stays until the next archive has no space beside it, so the engine does not change with
 * every file.
 *
 * @param volumes all of the app's.
 * @param limits null: no upgrade waits for a first copy.
 * @returns one for each volume, in the same order.
 */
export const chooseEngines = (
  volumes: ReadonlyArray<VolumeProbe>,
  limits: CopyLimits | null
): ReadonlyArray<EngineChoice> => {
  const archives = volumes.reduce((sum, volume) => sum + (volume.size?.bytes ?? 0), 0)
  const chosen: Array<EngineChoice> = []
  let taken: Taken = new Map()
  for (const volume of volumes) {
    const { disk, mirror } = volume
    const before = taken.get(disk.id) ?? 0
    const choice = choose(volume, archives, before, limits)
    chosen.push(choice)
    const isNew = mirror === "none" && (choice.name === "mirror" || choice.isLater)
    if (isNew) taken = new Map([...taken, [disk.id, before + copyBytes(volume)]])
  }
  return chosen
}
