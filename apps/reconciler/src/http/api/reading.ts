/** The group of requests that only read. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { appParam, described } from "./common.ts"
import { BadRequest, Conflict, NotFound, Unavailable, Unprocessable } from "./problems.ts"
import { Alert, App, Format, Kept, LogEvent, Plan, Root, Snapshot, Unconfigured, Verified } from "./shapes.ts"

const longestPage = 1000

const flag = (description: string) => Schema.optionalKey(Schema.Literals(["true", "false"]).annotate({ description }))

const Position = Schema.FiniteFromString.pipe(
  Schema.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
)

export const reading = HttpApiGroup.make("reading")
  .add(
    HttpApiEndpoint.get("apps", "/apps", {
      query: { offline: flag("`true`: show the log alone, without asking the runtime.") },
      success: Schema.Struct({
        format: Format,
        daemon: Schema.NullOr(Schema.String),
        apps: Schema.Array(App),
        unconfigured: Schema.Array(Unconfigured)
      }),
      error: Unavailable
    }).annotateMerge(described("All apps", "As the command `status --json` prints them.")),
    HttpApiEndpoint.get("app", "/apps/:app", {
      params: appParam,
      query: { offline: flag("`true`: show the log alone, without asking the runtime.") },
      success: Schema.Struct({ format: Format, app: App }),
      error: [NotFound, Unavailable]
    }).annotateMerge(described("One app")),
    HttpApiEndpoint.get("plan", "/apps/:app/plan", {
      params: appParam,
      query: { fetch: flag("`true`: ask the recipe's remote or registries for newer versions first.") },
      success: Schema.Struct({ format: Format, plan: Plan }),
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(described("What an upgrade would do now", "Changes nothing.")),
    HttpApiEndpoint.get("snapshots", "/snapshots", {
      query: { app: Schema.optionalKey(Schema.String) },
      success: Schema.Struct({
        format: Format,
        snapshots: Schema.Array(Snapshot),
        kept: Schema.Array(Kept),
        root: Root
      }),
      error: [NotFound, Unavailable]
    }).annotateMerge(described("The snapshots of one app, or of all", "Oldest first.")),
    HttpApiEndpoint.get("verify", "/apps/:app/verify", {
      params: appParam,
      query: { snapshot: Schema.optionalKey(Schema.String.annotate({ description: "Default: all of them." })) },
      success: Schema.Struct({ format: Format, ok: Schema.Boolean, snapshots: Schema.Array(Verified) }),
      error: [NotFound, Conflict, Unprocessable, Unavailable]
    }).annotateMerge(
      described("Verify every byte of an app's snapshots", "May take an hour. One request at a time; others wait.")
    ),
    HttpApiEndpoint.get("alerts", "/alerts", {
      query: {
        app: Schema.optionalKey(Schema.String),
        all: flag("`true`: also acknowledged and resolved alerts.")
      },
      success: Schema.Struct({ format: Format, alerts: Schema.Array(Alert) }),
      error: [NotFound, Unavailable]
    }).annotateMerge(described("The open alerts of one app, or of all", "`_host`: alerts without an app.")),
    HttpApiEndpoint.get("log", "/log", {
      query: {
        app: Schema.optionalKey(Schema.String),
        after: Schema.optionalKey(Position.annotate({ description: "Only events after this position." })),
        limit: Schema.optionalKey(
          Schema.FiniteFromString.pipe(
            Schema.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: longestPage }))
          ).annotate({ description: "The most positions to read, by default 100." })
        )
      },
      headers: { "last-event-id": Schema.optionalKey(Schema.String) },
      success: [
        Schema.Struct({
          format: Format,
          events: Schema.Array(LogEvent),
          next: Schema.Int.annotate({ description: "`after` of the next page." }),
          head: Schema.Int.annotate({ description: "The last position of the log." })
        }),
        HttpApiSchema.StreamSse({ data: LogEvent })
      ],
      error: [BadRequest, NotFound, Unprocessable, Unavailable]
    }).annotateMerge(
      described(
        "The log",
        "A page of events, oldest first. With `Accept: text/event-stream`: all events after the position, then new ones as they are recorded. The id of an event is its position; `Last-Event-ID` continues after it."
      )
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Reading" }))
