/** The group of requests that begin an attempt, or interrupt one. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { appParam, described, Name, Recorded } from "./common.ts"
import { BadRequest, Conflict, NotFound, Unavailable, Unprocessable } from "./problems.ts"
import { Format } from "./shapes.ts"

const Begun = Schema.Struct({
  format: Format,
  app: Schema.String,
  attempt: Schema.NullOr(Schema.String).annotate({
    description: "The attempt's id; null: it waits for a turn of the daemon, or still looks for versions."
  }),
  position: Schema.NullOr(Schema.Int).annotate({ description: "The position of its first event in the log." })
})
  .annotate({ identifier: "Begun" })
  .pipe(HttpApiSchema.status(202))

const begins = {
  success: [Begun, Recorded],
  error: [NotFound, Conflict, Unprocessable, Unavailable]
} as const

const withoutData = Schema.optionalKey(
  Schema.Boolean.annotate({ description: "Continue with the present data, and give up the data that the log knows." })
)

export const acting = HttpApiGroup.make("acting")
  .add(
    HttpApiEndpoint.post("upgrade", "/apps/:app/upgrade", {
      params: appParam,
      payload: Schema.Struct({
        to: Schema.optionalKey(Name.annotate({ description: "Default: the newest that no gate refuses." })),
        acceptNotes: Schema.optionalKey(
          Schema.Boolean.annotate({ description: "The manual work that release notes ask for is done." })
        ),
        fetch: Schema.optionalKey(Schema.Boolean.annotate({ description: "Default: true." }))
      }),
      ...begins
    }).annotateMerge(
      described(
        "Begin an upgrade",
        "202: the attempt has begun; follow it in the log. 200: it ended without an attempt."
      )
    ),
    HttpApiEndpoint.post("rollback", "/apps/:app/rollback", {
      params: appParam,
      payload: Schema.Struct({ snapshot: Schema.optionalKey(Name) }),
      ...begins
    }).annotateMerge(described("Begin a rollback to the last good version and its data")),
    HttpApiEndpoint.post("restore", "/apps/:app/restore", {
      params: appParam,
      payload: Schema.Struct({
        snapshot: Schema.optionalKey(Name.annotate({ description: "Default: the newest." }))
      }),
      ...begins
    }).annotateMerge(described("Begin to restore a snapshot: its data and its version")),
    HttpApiEndpoint.post("deploy", "/apps/:app/deploy", {
      params: appParam,
      payload: Schema.Struct({
        to: Schema.optionalKey(Name.annotate({ description: "Default: the version that its data belongs to." })),
        fetch: Schema.optionalKey(Schema.Boolean.annotate({ description: "Default: true." })),
        withoutData
      }),
      ...begins
    }).annotateMerge(described("Begin to deploy an app that is stopped or unhealthy, or whose env file has changed")),
    HttpApiEndpoint.post("promote", "/apps/:app/promote", {
      params: appParam,
      payload: Schema.Struct({
        version: Schema.optionalKey(
          Name.annotate({ description: "The running version, if the runtime cannot tell it." })
        ),
        snapshot: Schema.optionalKey(
          Schema.Boolean.annotate({ description: "Take a snapshot first, which takes the app down. Default: true." })
        ),
        atTeardown: Schema.optionalKey(
          Schema.Boolean.annotate({ description: "Leave the app stopped after the snapshot." })
        ),
        withoutData
      }),
      ...begins,
      error: [BadRequest, ...begins.error]
    }).annotateMerge(described("Begin to make the running version the last good one")),
    HttpApiEndpoint.post("try", "/apps/:app/try", {
      params: appParam,
      payload: Schema.Struct({
        ref: Name.annotate({ description: "A tag, branch or commit of the recipe." }),
        fetch: Schema.optionalKey(Schema.Boolean.annotate({ description: "Default: true." }))
      }),
      ...begins
    }).annotateMerge(described("Begin a try of a version", "It is always rolled back, version and data.")),
    HttpApiEndpoint.post("snapshot", "/apps/:app/snapshot", { params: appParam, ...begins }).annotateMerge(
      described("Begin a snapshot", "The app is down while its data is copied.")
    ),
    HttpApiEndpoint.post("stop", "/apps/:app/stop", { params: appParam, ...begins }).annotateMerge(
      described("Begin to stop an app", "It stays down until it is started. Its data is not touched.")
    ),
    HttpApiEndpoint.post("start", "/apps/:app/start", { params: appParam, ...begins }).annotateMerge(
      described("Begin to start a stopped app", "The version that its data belongs to, on that data.")
    ),
    HttpApiEndpoint.post("remove", "/apps/:app/remove", {
      params: appParam,
      payload: Schema.Struct({
        data: Schema.optionalKey(
          Schema.Boolean.annotate({
            description: "true: also delete its volumes, once the last snapshot is verified. Default: its data stays."
          })
        )
      }),
      ...begins
    }).annotateMerge(described("Begin to remove an app, after a last snapshot", "Its log and snapshots stay.")),
    HttpApiEndpoint.post("interrupt", "/apps/:app/interrupt", {
      params: appParam,
      payload: Schema.Struct({
        attempt: Schema.optionalKey(
          Name.annotate({ description: "Only this attempt; default: whatever requests began on the app." })
        )
      }),
      success: Schema.Struct({ format: Format, app: Schema.String })
        .annotate({ identifier: "Interrupted" })
        .pipe(HttpApiSchema.status(202)),
      error: [NotFound, Unprocessable]
    }).annotateMerge(
      described(
        "Interrupt an attempt that a request or a command began",
        "As Ctrl-C does: a step that keeps the app down is finished first, and a try is rolled back. The daemon then finishes the rest of the attempt at once."
      )
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Beginning an attempt" }))
