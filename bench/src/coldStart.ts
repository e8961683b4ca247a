/** Start-up time of the command compared with bare node, which a cron job, a completion or a status bar pays each time. */
import { mkdir, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"
import { measure, type Result } from "./measure.ts"

const bin = path.join(import.meta.dirname, "../../packages/cli/bin/lastgood.mjs")

export const coldStart = async (work: string, rounds: number): Promise<ReadonlyArray<Result>> => {
  const root = path.join(work, "cold")
  await mkdir(root, { recursive: true })
  const config = path.join(root, "lastgood.yaml")
  await writeFile(config, `root: ${root}\napps: {}\n`)
  const node = process.execPath
  const bare = { name: "node -e 0", act: async () => void (await execa(node, ["-e", "0"])) }
  const command = (args: ReadonlyArray<string>) => ({
    name: `lastgood ${args[0]}`,
    act: async () => void (await execa(node, [bin, ...args]))
  })
  return [
    await measure({ what: "cold start", rounds, target: 4, ours: command(["--version"]), theirs: bare }),
    await measure({
      what: "cold start, reading the log",
      rounds,
      ours: command(["status", "--config", config]),
      theirs: bare
    })
  ]
}
