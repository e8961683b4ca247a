/** The part of the API that begins attempts. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Acts, type Attempted } from "./Acts.ts"
import { Api } from "./api/Api.ts"
import { BadRequest } from "./api/problems.ts"
import { shownReport } from "./deciding.ts"

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
      .handle("restore", ({ params, payload }) =>
        begin(params.app, { _tag: "Restore", snapshot: payload.snapshot ?? null })
      )
      .handle("deploy", ({ params, payload: { fetch = true, to = null, withoutData = false } }) =>
        begin(params.app, { _tag: "Deploy", to, fetch, withoutData })
      )
      .handle("promote", ({ params, payload }) =>
        Effect.gen(function* () {
          const {
            atTeardown: teardown = false,
            snapshot: capture = true,
            version = null,
            withoutData = false
          } = payload
          if (teardown && !capture) return yield* new BadRequest({ detail: "atTeardown takes a snapshot" })
          return yield* begin(params.app, { _tag: "Promote", version, capture, teardown, withoutData })
        })
      )
      .handle("try", ({ params, payload: { fetch = true, ref } }) =>
        begin(params.app, { _tag: "Try", ref, fetch, command: null })
      )
      .handle("interrupt", ({ params: { app }, payload: { attempt = null } }) =>
        Effect.as(acts.interruptOn(app, attempt), { format, app })
      )
      .handle("stop", ({ params }) => begin(params.app, { _tag: "Stop" }))
      .handle("remove", ({ params, payload: { data = false } }) => begin(params.app, { _tag: "Remove", data }))
      .handle("start", ({ params }) => begin(params.app, { _tag: "Start" }))
      .handle("snapshot", ({ params }) => begin(params.app, { _tag: "Snapshot" }))
  })
)
