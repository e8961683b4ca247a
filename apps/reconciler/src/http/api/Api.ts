/** The HTTP API: its paths, parameters and answers. The OpenAPI document is made from it. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, Conflict, Forbidden, NotFound, Unauthorized, Unavailable, Unprocessable } from "./problems.ts"
import { Alert, App, Format, LogEvent, Plan, Result, Snapshot, Verified } from "./shapes.ts"

/** Who may do what. `access.ts` has the rules. */
export class Access extends HttpApiMiddleware.Service<Access>()("lastgood/http/Access", {
  security: { bearer: HttpApiSecurity.bearer },
  error: [Unauthorized, Forbidden]
}) {}

/** The actor of the events that requests record. The token does not tell who has it. */
export const actor = "http"

const longestPage = 1000

/** A version, a ref, the id of a snapshot, an alert or an attempt. */
const Name = Schema.String.pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(200)))

const appParam = { app: Schema.String.annotate({ description: "The app's name in the configuration." }) }

const flag = (description: string) => Schema.optionalKey(Schema.Literals(["true", "false"]).annotate({ description }))

const Position = Schema.FiniteFromString.pipe(
  Schema.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
)

/** Text on one line, without control characters, that begins with something visible. */
const reason = /^[!-~\u00a1-\uffff][ -~\u00a0-\uffff]{0,499}$/

const described = (summary: string, description?: string) =>
  OpenApi.annotations({ summary, ...(description === undefined ? {} : { description }) })

const reading = HttpApiGroup.make("reading")
  .add(
    HttpApiEndpoint.get("apps", "/apps", {
      query: { offline: flag("`true`: show the log alone, without asking the runtime.") },
      success: Schema.Struct({ format: Format, daemon: Schema.NullOr(Schema.String), apps: Schema.Array(App) }),
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
      success: Schema.Struct({ format: Format, snapshots: Schema.Array(Snapshot) }),
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

const Recorded = Schema.Struct({ format: Format, result: Result })

const words = HttpApiGroup.make("words")
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

const acting = HttpApiGroup.make("acting")
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

export const Api = HttpApi.make("lastgood")
  .add(reading, words, acting)
  .prefix("/api/v1")
  .middleware(Access)
  .middleware(HttpApiMiddleware.ProblemDetails)
  // A misspelt key is refused: without it, the request would mean something else.
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
  .annotateMerge(
    OpenApi.annotations({
      title: "lastgood",
      version: "1",
      description: "The HTTP API of the lastgood daemon."
    })
  )
