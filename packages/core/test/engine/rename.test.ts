/** What a rename takes from the log. */
import { assert, describe, it } from "@effect/vitest"
import { testApp } from "@lastgood/testing/testApp"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Claims } from "../../src/claim/Claims.ts"
import { make } from "../../src/domain/Event.ts"
import { Journal } from "../../src/engine/Journal.ts"
import { finishRename } from "../../src/engine/rename.ts"
import * as EventStoreMemory from "../../src/log/EventStoreMemory.ts"
import { Runtimes } from "../../src/runtime/Runtime.ts"

/** The claim is taken before anything moves. */
const claimed: Array<string> = []

const layer = Layer.mergeAll(
  Journal.layer.pipe(Layer.provide([EventStoreMemory.layer, layerWebCrypto])),
  Layer.mock(Claims)({
    hold: ({ dir }) =>
      Effect.andThen(
        Effect.sync(() => claimed.push(dir)),
        Effect.interrupt
      )
  }),
  Layer.mock(Runtimes)({})
)

/** Verifies: LAW-13 */
describe("a rename that the log says was begun", () => {
  it.effect("moves only a folder of the root, whatever names a log from elsewhere has", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const app = testApp({ name: "shop", dir: "/root/shop" })
      const rename = Effect.fnUntraced(function* (from: string) {
        yield* journal.append(from, yield* journal.load(from), null, [
          make("AppRenamed", { to: "shop", by: "cli:root" })
        ])
      })
      for (const from of ["../../srv/data", "..", ".", "/etc", "events.db-states"]) yield* rename(from)
      assert.isNull((yield* finishRename(app)).claim)
      assert.deepStrictEqual(claimed, [])
      yield* rename("web")
      yield* Effect.exit(finishRename(app))
      assert.deepStrictEqual(claimed, ["/root/web"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
