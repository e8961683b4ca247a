/**
 * The pages for browsers. Reading needs a session (`sessions.ts`) or, with `http.readOpen`, nothing; acting needs the act key
 * of the session too.
 */
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { assets } from "../pages/assets.ts"
import { makeActing } from "./pages/acting.ts"
import { AssetsLive } from "./pages/assets.ts"
import { makeBrowsing } from "./pages/browsing.ts"
import { makeEnter } from "./pages/enter.ts"
import { makeOverview } from "./pages/overview.ts"
import { makeReading } from "./pages/reading.ts"
import { down, forReaders } from "./pages/respond.ts"

/** All paths of the pages, with their methods. */
export const pagePaths: ReadonlyArray<{ readonly method: string; readonly path: string }> = [
  ...[
    "/",
    "/enter",
    "/apps/:app",
    "/apps/:app/attempts/:attempt",
    "/apps/:app/snapshots/:snapshot",
    "/apps/:app/acts/:act",
    ...assets.map(({ path }) => path)
  ].map((path) => ({ method: "GET", path })),
  { method: "POST", path: "/apps/:app/acts/:act" }
]

export const PagesLive = Layer.unwrap(
  Effect.gen(function* () {
    const all = yield* makeOverview
    const { app, attempt } = yield* makeReading
    const { act, confirm } = yield* makeActing
    const browse = yield* makeBrowsing
    return Layer.mergeAll(
      HttpRouter.add("GET", "/", forReaders(Effect.catch(all, down))),
      HttpRouter.add("GET", "/apps/:app", forReaders(Effect.catch(app, down))),
      HttpRouter.add("GET", "/apps/:app/attempts/:attempt", forReaders(Effect.catch(attempt, down))),
      HttpRouter.add("GET", "/apps/:app/snapshots/:snapshot", forReaders(Effect.catch(browse, down))),
      HttpRouter.add("GET", "/apps/:app/acts/:act", forReaders(Effect.catch(confirm, down))),
      HttpRouter.add("POST", "/apps/:app/acts/:act", act),
      HttpRouter.add("GET", "/enter", yield* makeEnter),
      AssetsLive
    )
  }).pipe(Effect.provide(layerWebCrypto))
)
