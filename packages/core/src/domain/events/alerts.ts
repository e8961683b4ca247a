/** The life of an alert. */
import * as Schema from "effect/Schema"
import { event, noted, RefOrNull, Text } from "./shape.ts"

export const alerts = {
  AlertRaised: event("AlertRaised", 2, "A problem needs an operator's attention, or has ended.", {
    alert: noted(Text, "its id"),
    subject: noted(Text, "its subject: the same success resolves all alerts of one subject"),
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
  AlertAcknowledged: event("AlertAcknowledged", 1, "An operator acknowledged the alert.", {
    alert: Text,
    by: Schema.NullOr(Text)
  }),
  AlertSinksConfigured: event(
    "AlertSinksConfigured",
    1,
    "From now on these sinks receive every alert that is raised or still unresolved.",
    { sinks: noted(Schema.Array(Text), "their names") }
  )
}
