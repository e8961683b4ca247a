/** The page of all apps while many browsers ask for it. */
import { assert, describe, it } from "@effect/vitest"
import { live } from "@lastgood/core/live"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Semaphore from "effect/Semaphore"
import * as TestClock from "effect/testing/TestClock"
import { type Daemon, Serving } from "../../src/http/Daemon.ts"
import { makeOverview } from "../../src/http/pages/overview.ts"
import { noPast } from "../../src/reading/Past.ts"
import { Pasts } from "../../src/reading/Pasts.ts"

/** The log at a position that the test sets, and how often it was read. */
const log = { position: 1, reads: 0 }

const pasts = Pasts.of({
  read: Effect.sync(() => {
    log.reads += 1
    return { position: log.position, of: noPast, all: () => [], isReadable: () => true }
  })
})
const root = "/nowhere"
// It has no apps, so nothing of the root is read.
const reading = live({ root }, { readOnly: true })

/** One list, as a daemon has it until its configuration changes. */
const configured: ReadonlyArray<never> = []

const daemon: Daemon = {
  ...{ root, version: "0.0.0", file: `${root}/lastgood.yaml`, reading, writing: reading },
  configured: Effect.succeed(configured),
  current: () => Effect.succeed(null),
  digest: Effect.succeed(null),
  host: Effect.succeed({ apps: [], breaker: null }),
  turns: Semaphore.makeUnsafe(1),
  checked: () => null,
  wake: () => Effect.void
}

describe("the page of all apps", () => {
  it.effect("is read once for all that ask at the same time, and made anew only if it may differ", () =>
    Effect.gen(function* () {
      const page = yield* makeOverview
      const ask = (path: string) =>
        Effect.provideService(
          page,
          HttpServerRequest.HttpServerRequest,
          HttpServerRequest.fromWeb(new Request(`http://localhost${path}`))
        )
      /** After the pause between two readings. */
      const askLater = (path: string) =>
        Effect.gen(function* () {
          const asked = yield* Effect.forkChild(ask(path), { startImmediately: true })
          yield* TestClock.adjust("100 millis")
          return yield* Fiber.join(asked)
        })
      const all = yield* Effect.all(
        Array.from({ length: 50 }, () => ask("/")),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(all).size, 1)
      assert.isAtMost(log.reads, 2)
      const [first] = all
      assert.strictEqual(yield* askLater("/"), first)
      const search = yield* askLater("/?q=wiki")
      assert.notStrictEqual(search, first)
      assert.strictEqual(yield* askLater("/?q=wiki"), search)
      log.position = 2
      const second = yield* askLater("/")
      assert.notStrictEqual(second, first)
      assert.strictEqual(yield* askLater("/"), second)
      // Ages are shown.
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual(yield* askLater("/"), second)
    }).pipe(Effect.provideService(Pasts, pasts), Effect.provideService(Serving, { daemon, token: "", readOpen: false }))
  )
})
