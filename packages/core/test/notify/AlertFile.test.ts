import { lstat, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../src/notify/AlertFile.ts"
import { type Alert, AlertSinks } from "../../src/notify/AlertSink.ts"
import { appOf, tempFolder, write } from "../version/recipe.ts"

const alert: Alert = {
  id: "0193a8c0-0000-7000-8000-000000000001",
  app: "web",
  domain: "web.example.org",
  at: "2026-11-22T03:00:00.000Z",
  outcome: "recovered",
  attempted: "1.1.0+1.1",
  last_good: "1.0.0+1.0",
  recovered: true,
  why: "api: 503 Service Unavailable",
  next: "nothing, until a newer version comes"
}

const setUp = Effect.gen(function* () {
  const folder = yield* tempFolder
  const app = appOf(folder, join(folder, "recipe"))
  const sinks = yield* AlertSinks
  const deliver = (given: Alert) => Effect.forEach(sinks.all, (sink) => sink.deliver(app, given), { discard: true })
  const alerts = join(app.dir, "alerts")
  return { app, alerts, deliver, sinks, names: Effect.promise(() => readdir(alerts)) }
})

const mode = (path: string) => Effect.promise(async () => (await lstat(path)).mode & 0o7777)

/** Verifies: LAW-10 */
describe("AlertFile", () => {
  it.live("writes the alert's fields to one private file", () =>
    Effect.gen(function* () {
      const { alerts, deliver, names, sinks } = yield* setUp
      yield* deliver(alert)
      const [name = ""] = yield* names
      assert.deepStrictEqual(yield* names, [`${alert.at}-${alert.id}.json`])
      const content = yield* Effect.promise(() => readFile(join(alerts, name), "utf8"))
      assert.deepStrictEqual(JSON.parse(content), alert)
      assert.deepStrictEqual([yield* mode(join(alerts, name)), yield* mode(alerts)], [0o600, 0o700])
      assert.deepStrictEqual(
        sinks.all.map((sink) => sink.name),
        ["file"]
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("leaves one file if the same alert is delivered twice, also after a killed delivery", () =>
    Effect.gen(function* () {
      const { alerts, deliver, names } = yield* setUp
      yield* deliver(alert)
      yield* write(join(alerts, `${alert.at}-${alert.id}.json.tmp`), "half of an al")
      yield* deliver(alert)
      assert.deepStrictEqual(yield* names, [`${alert.at}-${alert.id}.json`])
      yield* deliver({ ...alert, id: "another" })
      assert.strictEqual((yield* names).length, 2)
    }).pipe(Effect.provide(layer))
  )

  it.live("stays in its folder whatever the id contains", () =>
    Effect.gen(function* () {
      const { deliver, names } = yield* setUp
      yield* deliver({ ...alert, at: "..", id: "/../../../escaped" })
      assert.deepStrictEqual(yield* names, ["_-_.._.._.._escaped.json"])
    }).pipe(Effect.provide(layer))
  )

  it.live("fails, and names the sink, when the folder cannot be made", () =>
    Effect.gen(function* () {
      const { app, deliver } = yield* setUp
      yield* write(app.dir, "a file where the folder belongs")
      const error = yield* Effect.flip(deliver(alert))
      assert.deepStrictEqual([error._tag, error.sink], ["AlertFailed", "file"])
      assert.include(error.message, "alert not delivered to file")
    }).pipe(Effect.provide(layer))
  )
})
