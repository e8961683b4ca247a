/** The part of the API that begins attempts. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Acts, type Attempted } from "./Acts.ts"
import { Api } from "./api/Api.ts"
import { shownReport } from "./words.ts"

const format = 1 as const

export const ActingLive = HttpApiBuilder.group(
  Api,
  "acting",
  Effect.fnUntraced(function* (handlers) {
    const acts = yield* Acts
    const begin = (app: string, request: Attempted) =>
      Effect.map(acts.begin(app, request), (begun) => {
        if (begun._tag === "Ended") return shownReport(begun.report)
        return { format, app, attempt: begun.attempt, position: begun.position }
      })

    return handlers
      .handle("upgrade", ({ params, payload: { acceptNotes = false, fetch = true, to = null } }) =>
        begin(params.app, { _tag: "Upgrade", to, trigger: "operator", fetch, acceptNotes })
      )
      .handle("rollback", ({ params, payload }) =>
        begin(params.app, { _tag: "Rollback", snapshot: payload.snapshot ?? null })
      )
      .handle("snapshot", ({ params }) => begin(params.app, { _tag: "Snapshot" }))
  })
)
