/** A volume whose users replace a folder by a symlink while the mirror is refreshed. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { anyFilesystem, inFolder, mirrorIn } from "./mirror.ts"

/** Replaces the folder `d` for a moment, again and again. */
const swapper = `while :; do mv -T d e; ln -s "$1" d; sleep 0.01; rm d; mv -T e d; sleep 0.01; done`

/** Verifies: LAW-13 */
describe("a folder of the volume that is a symlink for a moment", { timeout: 300_000 }, () => {
  it.live("leads no refresh to a file outside the volume", () =>
    Effect.gen(function* () {
      const folder = yield* anyFilesystem
      const mirror = mirrorIn(folder)
      const outside = join(folder, "outside")
      fs.mkdirSync(outside)
      // Many, so that the folder is replaced while they are read.
      const times = "touch -d '2020-01-01 01:01:01.123456789' *"
      inFolder(outside, `for i in $(seq 2000); do printf theirs > $i; done; ${times}`)
      inFolder(mirror.volume, `mkdir d; cd d; for i in $(seq 2000); do printf volume > $i; done; ${times}`)
      yield* mirror.refresh("beside")
      for (let round = 0; round < 4; round++) {
        inFolder(join(mirror.volume, "d"), times)
        yield* Effect.sleep("300 millis")
        const started = spawn("bash", ["-c", swapper, "bash", outside], {
          cwd: mirror.volume,
          detached: true,
          stdio: "ignore"
        })
        // A refresh beside an app may fail; the quiet one then begins anew.
        yield* Effect.ignore(mirror.refresh("beside"))
        process.kill(-(started.pid ?? 0), "SIGKILL")
        yield* Effect.sleep("50 millis")
        inFolder(mirror.volume, "if [ -d e ]; then rm -f d; mv -T e d; fi")
        yield* mirror.refresh("quiet")
        assert.strictEqual(inFolder(join(mirror.tree, "d"), "grep -l theirs * || true"), "")
        assert.strictEqual(inFolder(outside, "grep -L theirs * || true"), "")
      }
    })
  )
})
