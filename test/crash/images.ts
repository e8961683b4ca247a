/** Histories recorded on machines, and every image of them resumed: what `images.test.ts` and the command run. */
import { join } from "node:path"
import { seeded } from "../soak/outside/random.ts"
import type { Image, Tear } from "./image.ts"
import { makeDisk, makeMachines } from "./machine.ts"

export interface Options {
  readonly images: number
  readonly seed: number
  /** How many machines run at a time. */
  readonly atOnce: number
  readonly say: (line: string) => void
  /** Only disks with this engine. */
  readonly engine?: string | undefined
}

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
 * How ext4 is mounted. The first keeps nothing in order that it was not asked to: by default ext4 writes a file out by
 * itself when it replaces another, and so hides a missing sync.
 */
type Disk = Pick<Image, "engine" | "options">
const loose = "data=writeback,noauto_da_alloc"
const disks: readonly [Disk, ...Array<Disk>] = [
  { options: loose, engine: "tar" },
  { options: "defaults", engine: "tar" },
  { options: "commit=1,nobarrier", engine: "tar" },
  { options: loose, engine: "mirror" }
]

export const crashImages = async ({ engine: only, images, seed, atOnce, say }: Options): Promise<Result> => {
  const random = seeded(seed)
  // Each disk begins with an empty log; each has a few images at least.
  const chosen = disks.filter(({ engine }) => only === undefined || engine === only)
  const perDisk = Math.max(4, Math.ceil(images / chosen.length))
  const machines = makeMachines()
  const broken: Array<Broken> = []
  let [torn, resumed] = [0, 0]

  const look = async (image: Image, index: number): Promise<void> => {
    const how: Tear = index % 3 === 2 ? random.pick(["unfinished", "torn", "cut"]) : "none"
    if (how !== "none") torn += 1
    const began = performance.now()
    const given = JSON.stringify({ image, how, seed: random.int(1, 1 << 30) })
    const problems: ReadonlyArray<string> = await machines
      .run("resume.ts", image.file, image.options, given)
      .then(JSON.parse, (error: Error) => [error.message])
    resumed += 1
    const took = ((performance.now() - began) / 1000).toFixed(1)
    say(
      `${resumed}  ${image.options}, ${image.engine}  after ${image.during}${how === "none" ? "" : `, log ${how}`}: ${took} s`
    )
    if (problems.length > 0) {
      broken.push({ image: `${image.options}, ${image.engine}, after ${image.during}, log ${how}`, problems })
      say(problems.join("\n"))
    }
  }

  try {
    while (resumed < images) {
      const { engine, options } = chosen[Math.floor(resumed / perDisk) % chosen.length] ?? disks[0]
      const prefix = `disk-${resumed}`
      const disk = join(machines.images, `${prefix}.img`)
      makeDisk(disk, 256)
      const copies = Math.min(perDisk, images - resumed)
      const asked = {
        disk,
        images: machines.images,
        port: 4100,
        seed: random.int(1, 1 << 30),
        copies,
        engine,
        options,
        prefix
      }
      // The boot of a machine lays the world anew: the recipe belongs to one history.
      machines.forget()
      const taken: ReadonlyArray<Image> = JSON.parse(
        await machines.run("record.ts", disk, options, JSON.stringify(asked))
      )
      say(`${taken.length} images of a disk mounted with ${options}, engine ${engine}`)
      const todo = taken.map((image, index) => () => look(image, index))
      const worker = async (): Promise<void> => {
        for (let job = todo.shift(); job !== undefined; job = todo.shift()) await job()
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
    }
    return { images: resumed, torn, broken }
  } finally {
    machines.end()
  }
}
