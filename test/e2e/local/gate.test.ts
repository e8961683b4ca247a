/** The gate spends no minute in vain: a version whose only process ends is not waited for. */
import { readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectNoOldCodeOnNewData, installed } from "../expect.ts"
import { v1, v2, type World } from "../harness.ts"

const deadline = (world: World, text: string) => {
  const file = world.at("lastgood.yaml")
  writeFileSync(file, readFileSync(file, "utf8").replace("deadline: 6s", `deadline: ${text}`))
}

/** Verifies: LAW-9, LAW-10 */
describe("a version whose only process ends after it was deployed", () => {
  it.live("fails the gate immediately, and its error line comes first in the alert", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: minor\n" })
      deadline(world, "180s")
      const noise = "for i in 1 2 3 4 5 6 7 8; do echo working on TYPE=mlflow $i; done"
      writeFileSync(
        world.at("recipe", "Procfile"),
        `web: sleep 2; echo 'error: no table users, TYPE=mlflow'; ${noise}; exit 7\n`
      )
      yield* world.tag(v2)
      const start = yield* Clock.currentTimeMillis
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      assert.isBelow((yield* Clock.currentTimeMillis) - start, 120_000)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* expectNoOldCodeOnNewData(world)
      const [alert] = yield* world.alerts
      assert.match(
        alert?.why ?? "",
        /^web ended, and nothing restarts it; .*last log lines: web \| error: no table users, TYPE=mlflow;/
      )
      assert.isBelow(alert?.why.length ?? 0, 500)
    })
  )
})
