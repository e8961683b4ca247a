/** `npm run crash -- --images 120 [--seed n] [--engine tar|mirror|btrfs] [--filesystem ext4|xfs|btrfs]` */
import { parseArgs } from "node:util"
import { crashImages } from "./images.ts"
import { missing } from "./machine.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "120" },
    seed: { type: "string" },
    engine: { type: "string" },
    filesystem: { type: "string" }
  }
})
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
const lacks = missing()
if (lacks !== null) {
  say(lacks)
  process.exitCode = 1
} else {
  say(`seed ${seed}`)
  const began = performance.now()
  const { images, torn, broken } = await crashImages({
    images: Number(values.images),
    seed,
    atOnce: 2,
    say,
    engine: values.engine,
    filesystem: values.filesystem
  })
  const took = Math.round((performance.now() - began) / 1000)
  say(
    `${images} images, ${torn} of them with a damaged end of the log, in ${took} s, seed ${seed}: ${broken.length} broken`
  )
  process.exitCode = broken.length === 0 ? 0 : 1
}
