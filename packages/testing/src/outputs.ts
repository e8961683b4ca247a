/** What lastgood writes for other programs, as far as tests read it. */
import * as Schema from "effect/Schema"

/** A file in an app's `alerts/`. */
export const AlertFile = Schema.fromJsonString(
  Schema.Struct({
    outcome: Schema.String,
    attempted: Schema.NullOr(Schema.String),
    last_good: Schema.NullOr(Schema.String),
    recovered: Schema.Boolean,
    why: Schema.String,
    next: Schema.String
  })
)

/** `lastgood status --json` */
export const Status = Schema.fromJsonString(
  Schema.Struct({
    apps: Schema.Array(
      Schema.Struct({
        app: Schema.String,
        phase: Schema.String,
        running: Schema.NullOr(Schema.String),
        lastGood: Schema.NullOr(Schema.String),
        snapshot: Schema.NullOr(Schema.String),
        waitingFor: Schema.NullOr(Schema.String),
        quarantined: Schema.Array(Schema.Struct({ version: Schema.String }))
      })
    )
  })
)
