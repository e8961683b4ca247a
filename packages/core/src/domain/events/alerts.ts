/** The life of an alert. */
import * as Schema from "effect/Schema"
import { event, noted, RefOrNull, Text } from "./shape.ts"

export const alerts = {
  AlertRaised: event("AlertRaised", 2, "Something needs an operator's attention, or is well again.", {
    alert: noted(Text, "its id"),
    subject: noted(Text, "what it is about: alerts of one subject are resolved by the same success"),
    outcome: Text,
    attempted: RefOrNull,
    lastGood: RefOrNull,
    recovered: Schema.Boolean,
    why: Text,
    next: Text
  }),
  AlertDelivered: event("AlertDelivered", 1, "A sink took the alert.", {
    alert: Text,
    to: noted(Text, "name of the sink")
  }),
  AlertResolved: event("AlertResolved", 1, "The problem has ended.", {
    alert: Text,
    by: noted(Text, "what showed it")
  }),
  AlertAcknowledged: event("AlertAcknowledged", 1, "An operator has seen the alert.", {
    alert: Text,
    by: Schema.NullOr(Text)
  }),
  AlertSinksConfigured: event(
    "AlertSinksConfigured",
    1,
    "From now on these sinks are owed what is raised, and what is not resolved yet.",
    { sinks: noted(Schema.Array(Text), "their names") }
  )
}
