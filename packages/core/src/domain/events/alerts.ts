/** The life of an alert. */
import * as Schema from "effect/Schema"
import { At, Count, Downtime, event, noted, RefOrNull, Text } from "./shape.ts"

export const alerts = {
  AlertRaised: event("AlertRaised", 2, "A problem needs an operator's attention, or has ended.", {
    alert: noted(Text, "its id"),
    subject: noted(Text, "its subject: the same success resolves all alerts of one subject"),
    outcome: Text,
    attempted: RefOrNull,
    lastGood: RefOrNull,
    recovered: Schema.Boolean,
    why: Text,
    next: Text,
    downtime: Schema.optionalKey(Downtime)
  }),
  AlertDelivered: event("AlertDelivered", 1, "A sink took the alert.", {
    alert: Text,
    to: noted(Text, "name of the sink"),
    about: Schema.optionalKey(noted(Schema.Literal("resolved"), "the sink was told that the alert is resolved")),
    unsent: Schema.optionalKey(
      noted(Schema.Literals(["equal", "level"]), "why it was not sent: an equal alert was, or the sink's level")
    )
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
    {
      sinks: noted(Schema.Array(Text), "their names"),
      tell: Schema.optionalKey(noted(Schema.Array(Text), "those of them that are also told when an alert is resolved"))
    }
  ),
  SinkFailed: event("SinkFailed", 1, "A sink did not take a message, and gets no other one before `retryAt`.", {
    sink: Text,
    failures: noted(Count, "how many attempts have failed in a row"),
    why: Text,
    retryAt: At
  }),
  SinkRecovered: event("SinkRecovered", 1, "A sink that had failed took a message.", { sink: Text })
}
