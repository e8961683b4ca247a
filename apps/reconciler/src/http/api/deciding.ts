/** The group of requests that only record an operator's decision. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { appParam, described, Name, Recorded } from "./common.ts"
import { Conflict, NotFound, Unavailable, Unprocessable } from "./problems.ts"

/** Text on one line, without control characters, that begins with something visible. */
const reason = /^[!-~\u00a1-\uffff][ -~\u00a0-\uffff]{0,499}$/

/** Its name is part of the ids of its operations, which clients may be generated from. */
export const deciding = HttpApiGroup.make("words")
  .add(
    HttpApiEndpoint.post("hold", "/apps/:app/hold", {
      params: appParam,
      payload: Schema.Struct({
        reason: Schema.String.pipe(Schema.check(Schema.isPattern(reason))),
        forSeconds: Schema.optionalKey(
          Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 10 * 365 * 86_400 })))
        )
      }),
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Hold an app", "No automatic upgrade until the hold ends or is released.")),
    HttpApiEndpoint.post("release", "/apps/:app/release", {
      params: appParam,
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Release a held app", "`_host`: close the breaker of the host.")),
    HttpApiEndpoint.post("approve", "/apps/:app/approve", {
      params: appParam,
      payload: Schema.Struct({
        version: Name,
        fetch: Schema.optionalKey(Schema.Boolean.annotate({ description: "Default: true." }))
      }),
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Approve a version", "The daemon may take it, although the policy would refuse it.")),
    HttpApiEndpoint.post("withdraw", "/apps/:app/withdraw", {
      params: appParam,
      payload: Schema.Struct({ version: Name }),
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Withdraw the approval of a version")),
    HttpApiEndpoint.post("retry", "/apps/:app/retry", {
      params: appParam,
      payload: Schema.Struct({ version: Schema.optionalKey(Name) }),
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Lift the quarantine of a version", "Without `version`: of all versions.")),
    HttpApiEndpoint.post("acknowledge", "/apps/:app/alerts/ack", {
      params: appParam,
      payload: Schema.Struct({
        alert: Schema.NullOr(Schema.String).annotate({
          description: "The alert's id, or the beginning of it; null: every open alert of the app."
        })
      }),
      success: Recorded,
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("Acknowledge an alert"))
  )
  .annotateMerge(OpenApi.annotations({ title: "Recording a decision" }))
