import { assert, describe, it } from "@effect/vitest"
import { recorder } from "@lastgood/testing/recorder"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { startTelemetry } from "../../src/telemetry/telemetry.ts"

describe.concurrent("a collector that refuses", () => {
  it.live.each([401, 500])("with %i is reported, without the headers", (status) =>
    Effect.gen(function* () {
      const { port } = yield* recorder(() => ({ status }))
      const host = `127.0.0.1:${port}`
      const said = yield* Deferred.make<string>()
      const logger = Logger.make(({ message }) => void Deferred.doneUnsafe(said, Effect.succeed(String(message))))
      const headers = { authorization: "c4nary" }
      yield* Effect.gen(function* () {
        const { log } = yield* startTelemetry(
          {
            endpoints: { logs: { url: `http://${host}/v1/logs`, headers } },
            protocol: "http/json",
            serviceName: "lastgood",
            metricsEveryMs: 60_000,
            timeoutMs: 5000
          },
          "1.0.0"
        )
        const line = { time: "2026-11-30T03:00:00.000Z", level: "info", message: "hello", next: "", more: {} } as const
        log({ ...line, app: null, event: null })
        assert.strictEqual(yield* Deferred.await(said), `telemetry is not taken by ${host}: it answers ${status}`)
      }).pipe(Effect.provide(Logger.layer([logger])))
    })
  )
})
