/** The part of the API that records an operator's decision. */
import type { Decided, Report } from "@lastgood/core/engine/Request"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Acts } from "./Acts.ts"
import { Api } from "./api/Api.ts"

export const shownReport = ({ tried: _, ...report }: Report) => ({ format: 1 as const, result: report })

export const DecidingLive = HttpApiBuilder.group(
  Api,
  "words",
  Effect.fnUntraced(function* (handlers) {
    const acts = yield* Acts
    const record = (name: string, decided: Decided) => Effect.map(acts.record(name, decided), shownReport)

    return handlers
      .handle("hold", ({ params, payload: { forSeconds, reason } }) =>
        record(params.app, { _tag: "Hold", reason, forMs: forSeconds === undefined ? null : forSeconds * 1000 })
      )
      .handle("release", ({ params }) => record(params.app, { _tag: "Release" }))
      .handle("approve", ({ params, payload: { fetch = true, version } }) =>
        record(params.app, { _tag: "Approve", version, fetch })
      )
      .handle("withdraw", ({ params, payload }) => record(params.app, { _tag: "Withdraw", version: payload.version }))
      .handle("retry", ({ params, payload }) => record(params.app, { _tag: "Retry", version: payload.version ?? null }))
      .handle("acknowledge", ({ params, payload }) => record(params.app, { _tag: "Acknowledge", alert: payload.alert }))
  })
)
