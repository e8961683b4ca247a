/** Runs on a machine: rounds of snapshot and restore, while the disk below is copied at random moments. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { seeded } from "../soak/outside/random.ts"
import { folderWorld, good } from "./folderWorld.ts"
import { copyDisk } from "./machine.ts"

const [home = "", argument = "{}"] = process.argv.slice(2)
const { copies, disk, images, seed }: Record<"copies" | "seed", number> & Record<"disk" | "images", string> =
  JSON.parse(argument)
const random = seeded(seed)
const world = folderWorld(home)
/** `captured`: the snapshot of the round was complete before the copy was begun. */
const taken: Array<{ readonly file: string; readonly round: number; readonly captured: boolean }> = []
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

for (let round = 1; taken.length < copies; round++) {
  world.write(good(round))
  const child = spawn(process.execPath, [join(import.meta.dirname, "folderRound.ts"), home, String(round)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let [captured, ended] = [false, false]
  child.stdout.on("data", () => {
    captured = true
  })
  const end = new Promise<number | null>((resolve) => child.on("close", resolve)).finally(() => {
    ended = true
  })
  while (!ended) {
    await sleep(random.int(5, 120))
    // Without a first snapshot there is nothing to return to.
    if (ended || taken.length >= copies || (round === 1 && !captured) || random.chance(0.4)) continue
    const was = captured
    const file = join(images, `folders-${taken.length + 1}.img`)
    copyDisk(disk, file)
    taken.push({ file, round, captured: was })
  }
  const code = await end
  if (code !== 0) throw new Error(`round ${round} ended with ${code}`)
}
process.stdout.write(JSON.stringify(taken))
