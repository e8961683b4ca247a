/** A fold over the whole log has one value per app, which a renamed app takes along. */
import { assert, describe, it } from "@effect/vitest"
import { type Event, make } from "@lastgood/core/domain/Event"
import { Journal } from "@lastgood/core/engine/Journal"
import * as EventStoreMemory from "@lastgood/core/log/EventStoreMemory"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { noPast, pastAfter } from "../../src/reading/Past.ts"
import { makeProjection } from "../../src/reading/Projection.ts"

const layer = Journal.layer.pipe(Layer.provideMerge(EventStoreMemory.layer), Layer.provide(layerWebCrypto))

/** Verifies: LAW-6 */
describe("the past of a renamed app", () => {
  it.effect("is that of its former name, which begins anew", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const { read } = yield* makeProjection(noPast, pastAfter)
      const add = Effect.fnUntraced(function* (app: string, event: Event) {
        return yield* journal.append(app, yield* journal.load(app), null, [event])
      })
      const alert = { alert: "a", subject: "attempt", outcome: "recovered", attempted: null, lastGood: null }
      yield* add("web", make("AlertRaised", { ...alert, recovered: true, why: "", next: "" }))
      yield* add("web", make("AppHeld", { reason: "audit", until: null }))
      // It continues from what it has read.
      assert.strictEqual((yield* read).of("web").counts.alertsRaised, 1)
      const { version } = yield* add("web", make("AppRenamed", { to: "shop", by: "cli:root" }))
      assert.isNull((yield* read).of("web").state.held)
      const folders = { from: "/root/web", to: "/root/shop" }
      yield* add("shop", make("AppContinued", { app: "shop", from: "web", version, folders }))
      const { all, of } = yield* read
      const { counts, state } = of("shop")
      assert.deepStrictEqual([counts.alertsRaised, state.held?.reason, state.app], [1, "audit", "shop"])
      // Sums over all apps count nothing twice.
      assert.strictEqual(
        all().reduce((sum, one) => sum + one.counts.alertsRaised, 0),
        1
      )
    }).pipe(Effect.provide(layer))
  )
})
