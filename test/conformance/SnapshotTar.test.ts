import * as fs from "node:fs"
import { join } from "node:path"
import { archiveFile } from "@lastgood/core/snapshot/Layout"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { suite } from "./SnapshotSuite.ts"

suite("TarSnapshots", layer, {
  damage: (app, id, volume, how) => {
    const file = join(app.dir, "snapshots", id, archiveFile(volume))
    const bytes = fs.readFileSync(file)
    const at = bytes.length >> 1
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(file, how === "flip" ? bytes : bytes.subarray(0, at))
  }
})
