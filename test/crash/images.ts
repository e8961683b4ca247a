/** Histories recorded on machines, and every image of them resumed: what `images.test.ts` and the command run. */
import { join } from "node:path"
import { seeded } from "../soak/outside/random.ts"
import type { Image, Tear } from "./image.ts"
import { canHave, makeDisk, makeMachines } from "./machine.ts"

export interface Options {
  readonly images: number
  readonly seed: number
  /** How many machines run at a time. */
  readonly atOnce: number
  readonly say: (line: string) => void
  /** Only disks with this engine. */
  readonly engine?: string | undefined
  /** Only disks with this filesystem. */
  readonly filesystem?: string | undefined
}

const nameOf = ({ engine, filesystem, options }: Disk): string => `${filesystem} (${options}), engine ${engine}`

export interface Broken {
  readonly image: string
  readonly problems: ReadonlyArray<string>
}

export interface Result {
  readonly images: number
  readonly torn: number
  readonly broken: ReadonlyArray<Broken>
}

/**
 * The first keeps nothing in order that it was not asked to: by default ext4 writes a file out by itself when it replaces
 * another, and so hides a missing sync.
 */
type Disk = Pick<Image, "engine" | "filesystem" | "options">
const loose = "data=writeback,noauto_da_alloc"
const disks: readonly [Disk, ...Array<Disk>] = [
  { filesystem: "ext4", options: loose, engine: "tar" },
  { filesystem: "btrfs", options: "defaults", engine: "btrfs" },
  { filesystem: "ext4", options: loose, engine: "mirror" },
  { filesystem: "ext4", options: "defaults", engine: "tar" },
  { filesystem: "ext4", options: "commit=1,nobarrier", engine: "tar" },
  // The images of one xfs have one id, and two are mounted at a time.
  { filesystem: "xfs", options: "nouuid", engine: "mirror" },
  { filesystem: "btrfs", options: "defaults", engine: "mirror" }
]

/** Of one disk. */
const fewest = 2

export const crashImages = async ({ atOnce, images, say, seed, ...only }: Options): Promise<Result> => {
  const random = seeded(seed)
  // Each disk begins with an empty log.
  const chosen = disks.filter(
    ({ engine, filesystem }) =>
      canHave(filesystem) && engine === (only.engine ?? engine) && filesystem === (only.filesystem ?? filesystem)
  )
  const perDisk = Math.max(fewest, Math.ceil(images / chosen.length))
  const machines = makeMachines()
  const broken: Array<Broken> = []
  let [torn, resumed] = [0, 0]

  const look = async (image: Image, index: number): Promise<void> => {
    const how: Tear = index % 3 === 2 ? random.pick(["unfinished", "torn", "cut"]) : "none"
    if (how !== "none") torn += 1
    const began = performance.now()
    const given = JSON.stringify({ image, how, seed: random.int(1, 1 << 30) })
    const problems: ReadonlyArray<string> = await machines
      .run("resume.ts", image, given)
      .then(JSON.parse, (error: Error) => [error.message])
    resumed += 1
    const took = ((performance.now() - began) / 1000).toFixed(1)
    say(`${resumed}  ${nameOf(image)}  after ${image.during}${how === "none" ? "" : `, log ${how}`}: ${took} s`)
    if (problems.length > 0) {
      broken.push({ image: `${nameOf(image)}, after ${image.during}, log ${how}`, problems })
      say(problems.join("\n"))
    }
  }

  try {
    while (resumed < images) {
      const chosenDisk = chosen[Math.floor(resumed / perDisk) % chosen.length] ?? disks[0]
      const prefix = `disk-${resumed}`
      const disk = join(machines.images, `${prefix}.img`)
      makeDisk(disk, chosenDisk.filesystem)
      const copies = Math.min(perDisk, images - resumed)
      const asked = {
        disk,
        images: machines.images,
        port: 4100,
        seed: random.int(1, 1 << 30),
        copies,
        ...chosenDisk,
        prefix
      }
      // The boot of a machine lays the world anew: the recipe belongs to one history.
      machines.forget()
      const taken: ReadonlyArray<Image> = JSON.parse(
        await machines.run("record.ts", { ...chosenDisk, file: disk }, JSON.stringify(asked))
      )
      say(`${taken.length} images of ${nameOf(chosenDisk)}`)
      const todo = taken.map((image, index) => () => look(image, index))
      const worker = async (): Promise<void> => {
        for (let job = todo.shift(); job !== undefined; job = todo.shift()) await job()
      }
      // The kernel knows a btrfs by its id, which all images of one have.
      const workers = chosenDisk.filesystem === "btrfs" ? 1 : atOnce
      await Promise.all(Array.from({ length: workers }, worker))
    }
    return { images: resumed, torn, broken }
  } finally {
    machines.end()
  }
}
