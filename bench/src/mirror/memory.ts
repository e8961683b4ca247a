/** The memory of lastgood itself for a volume of many files. */
import * as path from "node:path"
import { execa } from "execa"
import { run } from "../reading/run.ts"
import { onDisk } from "./Disk.ts"
import type { Asked } from "./measureMirror.ts"
import { Scene } from "./Scene.ts"

const most = 200_000_000

/** Empty files: of what they contain, lastgood has only a chunk in memory. */
const makeFiles = (folder: string, count: number) =>
  execa(
    "sh",
    [
      "-c",
      'for d in $(seq "$1"); do mkdir "$d"; (cd "$d" && seq -f f%g 1000 | xargs touch); done',
      "sh",
      `${count / 1000}`
    ],
    {
      cwd: folder
    }
  )

/** @returns a table. */
export const measureMemory = ({ home, quick, say }: Asked): Promise<string> =>
  onDisk(home, "ext4", 24, async (disk) => {
    const files = quick ? 100_000 : 1_000_000
    const scene = new Scene(disk)
    await scene.begin()
    await execa("mkdir", [scene.data])
    say(`making ${files} files …`)
    await makeFiles(scene.data, files)
    await scene.settled()
    say(`everything that lastgood does with ${files} files …`)
    const { code, memory, seconds } = await run(process.execPath, [path.join(import.meta.dirname, "million.ts"), disk])
    if (code !== 0) throw new Error(`million.ts ended with ${code}`)
    const isMet = memory <= most ? "met" : "**missed**"
    return [
      "| what | most memory of lastgood | time | goal |",
      "|---|---|---|---|",
      `| mirror, refresh, capture, archive and index of ${files} files | ${Math.round(memory / 1e6)} MB | ${Math.round(seconds)} s | ≤ 200 MB ${isMet} |`
    ].join("\n")
  })
