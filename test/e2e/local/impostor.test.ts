/** Something else answers on the app's port, healthy, while the app itself is dead. */
import { readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { installed } from "../expect.ts"
import { v1, v2 } from "../harness.ts"

/** Answers 200 to everything, from the moment that the port is free. */
const impostor = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const server = createServer((_, response) => response.end("ok"))
      const listen = () => server.listen(port, "127.0.0.1")
      server.on("error", () => setTimeout(listen, 20))
      listen()
      return server
    }),
    (server) =>
      Effect.promise(async () => {
        server.removeAllListeners("error").on("error", () => undefined)
        server.closeAllConnections()
        server.close()
      })
  )

describe("a version that died while something else answers in its place", () => {
  /** Verifies: LAW-5, LAW-9 */
  it.live("is not committed, because a check counts only if the deployed version is running", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const config = world.at("lastgood.yaml")
      yield* Effect.promise(async () => {
        await writeFile(config, (await readFile(config, "utf8")).replace("stableFor: 150ms", "stableFor: 2s"))
        await writeFile(world.at("recipe", "Procfile"), "web: sleep 1\n")
      })
      yield* world.tag(v2)
      yield* impostor(Number(new URL(world.url).port))
      const ran = yield* world.lastgood(["upgrade", "demo"])
      assert.include([3, 4], ran.code, ran.stdout + ran.stderr)
      assert.match(
        ran.stdout + ran.stderr,
        /web ended, and nothing restarts it|its checks passed, but some of its services are not running/
      )
      const { events } = yield* world.log
      assert.isFalse(events.some(({ type, data }) => type === "UpgradeCommitted" && JSON.stringify(data).includes(v2)))
      assert.strictEqual((yield* world.textOf("root", "demo", "last_good"))?.trim(), v1)
    })
  )
})
