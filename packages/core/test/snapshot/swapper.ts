/**
 * Another process for tests: `swapper.ts <folder> <hidden> <elsewhere> <ms>` puts a symlink to `elsewhere` in the folder's
 * place and the folder back again, as fast as it can, until it is killed: each state lasts from no time to `ms`. It says "ready" when it begins.
 */
import { renameSync, symlinkSync, unlinkSync, writeSync } from "node:fs"

const [folder = "", hidden = "", elsewhere = "", ms = "4"] = process.argv.slice(2)

/** What it works on may be renamed by others at any time: then it tries the rest. */
const attempt = (act: () => void): void => {
  try {
    act()
  } catch {
    return
  }
}

/** Moments of different length, in both states, so that no order of the other's looks is spared. */
const pause = (n: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ((n % 7) * Number(ms)) / 6)
}

writeSync(1, "ready\n")
for (let n = 0; ; n++) {
  attempt(() => renameSync(folder, hidden))
  attempt(() => symlinkSync(elsewhere, folder))
  pause(n)
  attempt(() => unlinkSync(folder))
  attempt(() => renameSync(hidden, folder))
  pause(n * 3)
}
