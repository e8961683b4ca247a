/**
 * What a command of lastgood and the daemon of its root say to each other over the socket. Both are of the same version of
 * lastgood, which the command asks for first, so this is not a public format. Pure.
 */
import type { Report, Request } from "@lastgood/core/engine/Request"
import { Envelope } from "@lastgood/core/log/EventStore"
import * as Schema from "effect/Schema"

const Text = Schema.String
const TextOrNull = Schema.NullOr(Schema.String)
const Yes = Schema.Boolean
const MaybeYes = Schema.optionalKey(Schema.Boolean)

/** A try with a command is not one of them: the command belongs to the terminal, folder and environment of the caller. */
const Requested = Schema.Union([
  Schema.TaggedStruct("Upgrade", {
    to: TextOrNull,
    trigger: Schema.Literal("operator"),
    fetch: Yes,
    acceptNotes: MaybeYes
  }),
  Schema.TaggedStruct("Deploy", { to: TextOrNull, fetch: Yes, withoutData: MaybeYes }),
  Schema.TaggedStruct("Snapshot", {}),
  Schema.TaggedStruct("Stop", {}),
  Schema.TaggedStruct("Remove", { data: Yes, volumes: Schema.optionalKey(Schema.Array(Text)) }),
  Schema.TaggedStruct("Start", {}),
  Schema.TaggedStruct("Try", { ref: Text, fetch: Yes, command: Schema.Null }),
  Schema.TaggedStruct("Promote", { version: TextOrNull, capture: Yes, teardown: Yes, withoutData: MaybeYes }),
  Schema.TaggedStruct("Rollback", { snapshot: TextOrNull }),
  Schema.TaggedStruct("Restore", { snapshot: TextOrNull }),
  Schema.TaggedStruct("Hold", {
    reason: Text,
    forMs: Schema.NullOr(Schema.Finite),
    until: Schema.optionalKey(Schema.Finite)
  }),
  Schema.TaggedStruct("Release", {}),
  Schema.TaggedStruct("Approve", { version: Text, fetch: Yes }),
  Schema.TaggedStruct("Withdraw", { version: Text }),
  Schema.TaggedStruct("Retry", { version: TextOrNull }),
  Schema.TaggedStruct("Acknowledge", { alert: TextOrNull }),
  Schema.TaggedStruct("Prune", {
    snapshots: Schema.Array(Text),
    asides: Schema.Array(Text),
    by: Schema.Literals(["operator", "retention"])
  })
])

export type Requested = typeof Requested.Type

/** The compiler refuses a request with a key that would be left out on the way, and so would mean something else. */
type Keys<R> = R extends { readonly _tag: infer Tag extends string } ? `${Tag}.${Extract<keyof R, string>}` : never
type LeftOut = Exclude<Keys<Exclude<Request, { readonly _tag: "Resume" }>>, Keys<Requested>>
const isWhole: [LeftOut] extends [never] ? true : LeftOut = true
void isWhole

/** Whether the daemon can do this for a command. */
export const isRequested: (request: Request) => request is Requested = Schema.is(Requested)

export const Order = Schema.Struct({
  app: Text,
  request: Requested,
  /** The command's own actor: the socket is for its owner alone. */
  actor: Text.pipe(Schema.check(Schema.isPattern(/^cli:[^\p{Cc}]{1,100}$/u))),
  /** How long to wait for the claim, in milliseconds. */
  waitMs: Schema.Finite,
  /** false: nobody sees the progress. */
  progress: Yes
})

export type Order = typeof Order.Type

/** @param accepts whether the daemon works on this app with the same configuration. */
export const Hello = Schema.Struct({ version: Text, accepts: Yes })

/**
 * Whether the daemon sees the apps as a command would that reads the configuration and looks itself.
 *
 * @param daemon who it is, as in `status`.
 */
export const Sees = Schema.Struct({ version: Text, sees: Yes, daemon: TextOrNull })

/** A line of the answer. The last one is a `Report`, `Failed`, `Interrupted` or `Bug`. */
const Line = Schema.Union([
  Schema.TaggedStruct("Begun", { act: Text }),
  Schema.TaggedStruct("Recorded", { event: Envelope }),
  Schema.TaggedStruct("Said", { level: Schema.Literals(["info", "warning", "error"]), text: Text }),
  Schema.TaggedStruct("Progress", { what: Text, done: Schema.Finite, total: Schema.Finite }),
  Schema.TaggedStruct("Report", { report: Schema.Unknown }),
  Schema.TaggedStruct("Failed", { tag: Text, message: Text, next: Text, busy: Yes }),
  Schema.TaggedStruct("Interrupted", {}),
  Schema.TaggedStruct("Bug", { text: Text })
])

export type Line = typeof Line.Type

export const decodeLine = Schema.decodeUnknownEffect(Schema.fromJsonString(Line))

export const lineOf = (line: Line): string => `${JSON.stringify(line)}\n`

/** The report in a line, as the engine of the same version of lastgood made it. */
export const reportIn = ({ report }: Extract<Line, { readonly _tag: "Report" }>): Report => report as Report

/** Paths that the socket alone has. */
export const paths = { hello: "/cli/hello", sees: "/cli/sees", act: "/cli/act", interrupt: "/cli/interrupt" } as const
