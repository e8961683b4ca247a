/** Browses a snapshot: lists the names in its archives, and reads no content. */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { membersOf, pageLimits } from "@lastgood/core/snapshot/Members"
import { volumesIn } from "@lastgood/core/snapshot/Reading"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { browsePage } from "../../pages/browse.ts"
import { notFound } from "../../pages/signIn.ts"
import { Serving } from "../Daemon.ts"
import { makeQueue } from "../queue.ts"
import { appOfPath } from "./reading.ts"
import { page, parameters } from "./respond.ts"

/** A long archive keeps a disk busy for seconds, which apps use too. */
const listsAtOnce = 1

/** The most that wait for that. */
const mostLists = 16

const missing = (what: string) => page("Nothing here", notFound(what), { status: 404 })

export const makeBrowsing = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const listing = makeQueue(yield* Semaphore.make(listsAtOnce), mostLists)

  const browse = Effect.fnUntraced(
    function* (app: ConfiguredApp, id: string) {
      const query = yield* parameters
      const meta = (yield* (yield* SnapshotStore).list(app)).find((one) => one.id === id)
      if (meta === undefined) return missing("of that snapshot")
      const volume = query.get("volume") ?? ""
      const folder = Buffer.from(query.get("in") ?? "", "base64url")
        .toString("latin1")
        .slice(0, 4096)
      const archive = (yield* volumesIn(app, id)).find(({ name }) => name === volume)
      if (volume !== "" && archive === undefined) return missing("of that volume")
      const members =
        archive === undefined
          ? null
          : yield* membersOf(archive, folder, pageLimits).pipe(
              listing,
              Effect.catchTag("Unavailable", ({ detail }) =>
                Effect.succeed({ why: `It is not listed now: ${detail}.` })
              ),
              Effect.catch((error) =>
                Effect.succeed({ why: `It cannot be listed here: ${error.message}. It may have too many files.` })
              )
            )
      const archives = Object.entries(meta.archives).map(([name, { bytes }]) => ({ volume: name, bytes }))
      const snapshot = { id, version: meta.version, ts: meta.ts, archives }
      const now = yield* Clock.currentTimeMillis
      return page(`snapshot of ${app.name}`, browsePage({ app: app.name, snapshot, volume, folder, members, now }))
    },
    Effect.provide(Layer.fresh(daemon.reading))
  )

  return Effect.gen(function* () {
    const { snapshot = "" } = yield* HttpRouter.params
    const app = yield* appOfPath
    return app === null ? missing("of that app") : yield* browse(app, snapshot)
  })
})
