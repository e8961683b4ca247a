/**
 * `node million.ts <disk>`: everything that lastgood does with a volume, as one program, so that its memory can be
 * measured: the first mirror, a change, the next refresh, the capture, the archive, its checksums and its index.
 */
import { appendFile, readdir } from "node:fs/promises"
import * as path from "node:path"
import { Scene } from "./Scene.ts"

const scene = new Scene(process.argv[2] ?? "")
const change = async () => {
  for (const name of await readdir(scene.data)) await appendFile(path.join(scene.data, name, "f1"), "x")
}
await scene.refresh()
await change()
await scene.settled()
await scene.refresh()
await change()
await scene.settled()
await scene.seal(await scene.capture())
