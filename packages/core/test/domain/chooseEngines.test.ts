import { assert, describe, it } from "@effect/vitest"
import { type CopyLimits, chooseEngines, type Disk, type VolumeProbe } from "../../src/domain/chooseEngines.ts"

const gb = 1_000_000_000

/** 100 GB, of which as many are used. */
const diskWith = (usedGb: number, more: Partial<Disk> = {}): Disk => ({
  ...{ id: "a", usedBytes: usedGb * gb, freeBytes: (100 - usedGb) * gb, hasArchives: true },
  ...more
})

const size = { bytes: 12 * gb, files: 8, smallFileBytes: 0 }

const large: VolumeProbe = {
  ...{ noSubvolume: "its filesystem is not btrfs", noMirror: null, mirror: "none", isSmall: false },
  ...{ size, sharesBlocks: false, disk: diskWith(30) }
}

const usual: CopyLimits = { ms: 30 * 60_000, bandwidth: null }

type Row = readonly [string, Partial<VolumeProbe>, "btrfs" | "mirror" | "tar", string]

const rows: ReadonlyArray<Row> = [
  [
    "is a subvolume",
    { noSubvolume: null, isSmall: true },
    "btrfs",
    "its folder is a subvolume, whose snapshot takes a moment for any size"
  ],
  ["is one of which there can be no mirror", { noMirror: "it is one file" }, "tar", "it is one file"],
  [
    "is large",
    {},
    "mirror",
    "12.0 GB in 8 files; it is made while the app runs; after that, only what has changed is copied"
  ],
  [
    "has its mirror, made",
    { mirror: "made" },
    "mirror",
    "12.0 GB in 8 files; it is there, so only what has changed is copied"
  ],
  [
    "shares blocks with its mirror",
    { mirror: "made", sharesBlocks: true },
    "mirror",
    "12.0 GB in 8 files; it is there, and shares blocks with the data, so only what has changed is copied"
  ],
  [
    "is small",
    { isSmall: true, size: { bytes: 4_200_000, files: 1 } },
    "tar",
    "4.20 MB in 1 file, which an archive captures as fast as a mirror"
  ],
  [
    "has become small, but has its mirror",
    { isSmall: true, mirror: "made", size: { bytes: 4_200_000 } },
    "mirror",
    "4.20 MB; it is there, so only what has changed is copied"
  ],
  [
    "leaves just as much free as it must",
    { disk: diskWith(56) },
    "mirror",
    "12.0 GB in 8 files; it is made while the app runs; after that, only what has changed is copied"
  ],
  [
    "would fill its disk",
    { disk: diskWith(57) },
    "tar",
    "a mirror of 12.0 GB and the next archive would fill its filesystem to 81 %, more than 80 %; for one, free 1.00 GB there"
  ],
  [
    "would fill its own disk, where there are no archives",
    { disk: diskWith(70, { hasArchives: false }) },
    "tar",
    "a mirror of 12.0 GB would fill its filesystem to 82 %, more than 80 %; for one, free 2.00 GB there"
  ],
  [
    "fits, because its mirror shares blocks",
    { sharesBlocks: true, disk: diskWith(66) },
    "mirror",
    "12.0 GB in 8 files; it is made while the app runs, and shares blocks with the data; after that, only what has changed is copied"
  ],
  [
    "has small files, which share no blocks",
    { sharesBlocks: true, size: { ...size, smallFileBytes: 11 * gb }, disk: diskWith(66) },
    "tar",
    "a mirror of 11.0 GB and the next archive would fill its filesystem to 89 %, more than 80 %; for one, free 9.00 GB there"
  ],
  [
    "has its mirror on a disk that is fuller by now",
    { mirror: "made", disk: diskWith(87) },
    "mirror",
    "12.0 GB in 8 files; it is there, so only what has changed is copied"
  ],
  [
    "has its mirror on a disk that is full",
    { mirror: "made", disk: diskWith(88) },
    "tar",
    "its filesystem has no space for its mirror any more: 12.0 GB are free, and the next snapshot needs 12.1 GB"
  ],
  [
    "has no known size",
    { size: null },
    "mirror",
    "size not known yet; it is made while the app runs; after that, only what has changed is copied"
  ]
]

const one = (probe: Partial<VolumeProbe>, limits: CopyLimits | null = usual) =>
  chooseEngines([{ ...large, ...probe }], limits)[0]

describe("the engine of a volume that", () => {
  it.each(rows)("%s", (_, probe, name, why) => {
    assert.deepStrictEqual(one(probe), { name, why, isLater: false })
  })
})

describe("a first mirror", () => {
  const huge = { size: { bytes: 100 * gb }, disk: { id: "a", usedBytes: 0, freeBytes: 1000 * gb, hasArchives: true } }
  const why =
    "its mirror is not made yet, which takes about 33 m 20 s to copy 100 GB, longer than `deadlines.prefetch` (30 m 0 s): the daemon makes it while the app runs"

  it("that an upgrade has no time for is made later, and what was begun of it is kept", () => {
    assert.deepStrictEqual(one(huge), { name: "tar", why, isLater: true })
    assert.deepStrictEqual(one({ ...huge, mirror: "begun" }), { name: "tar", why, isLater: true })
  })

  it("is made at once if it is done in that time, or no upgrade waits for it", () => {
    assert.strictEqual(one(huge, null)?.name, "mirror")
    assert.strictEqual(one(huge, { ...usual, ms: 40 * 60_000 })?.name, "mirror")
    assert.strictEqual(one({ ...huge, mirror: "made" })?.name, "mirror")
    assert.strictEqual(one({ ...huge, sharesBlocks: true })?.name, "mirror")
  })

  it("takes as long as the bandwidth of the settings allows", () => {
    assert.isTrue(one({}, { ...usual, bandwidth: 1_000_000 })?.isLater)
    assert.isFalse(one(huge, { ...usual, bandwidth: 100_000_000 })?.isLater)
  })
})

describe("the volumes of an app", () => {
  const names = (volumes: ReadonlyArray<Partial<VolumeProbe>>) =>
    chooseEngines(
      volumes.map((more) => ({ ...large, ...more })),
      usual
    ).map(({ name }) => name)

  it("share the space of a disk, and the first get it", () => {
    const first = { disk: diskWith(40) }
    assert.deepStrictEqual(names([first, first]), ["mirror", "tar"])
    const other = { disk: diskWith(30, { id: "b", hasArchives: false }) }
    assert.deepStrictEqual(names([{}, other]), ["mirror", "mirror"])
  })

  it("are chosen for one by one", () => {
    assert.deepStrictEqual(names([{ isSmall: true }, { noSubvolume: null }, {}]), ["tar", "btrfs", "mirror"])
  })

  it("count those that have their mirror already as used space", () => {
    assert.deepStrictEqual(names([{ mirror: "made" }, {}]), ["mirror", "mirror"])
  })
})
