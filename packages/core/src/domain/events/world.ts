/** The app between attempts, and the world beside the log (LAW-15, LAW-16). */
import * as Schema from "effect/Schema"
import { At, Count, event, noted, Text } from "./shape.ts"

export const world = {
  AppUnhealthy: event("AppUnhealthy", 1, "Between attempts: the app should run, but is down or fails its checks.", {
    version: Text,
    since: noted(At, "when this was first seen"),
    what: Text,
    checks: Schema.Array(Schema.Struct({ name: Text, passed: Schema.Boolean, seen: Text }))
  }),
  AppRecovered: event("AppRecovered", 1, "The app that was unhealthy between attempts is healthy again.", {
    version: Text,
    since: noted(At, "when it was first seen unhealthy"),
    by: noted(Schema.Literals(["itself", "lastgood"]), "`lastgood`: lastgood restarted it")
  }),
  WorldNoted: event(
    "WorldNoted",
    1,
    "The services and volumes after a passed health gate or a restore; later observations are compared with it.",
    {
      services: Schema.Array(
        Schema.Struct({
          name: Text,
          image: Schema.NullOr(Text),
          digest: Schema.NullOr(Text),
          config: Schema.NullOr(Text),
          replicas: Schema.NullOr(Count),
          labelled: Schema.Boolean,
          ran: Schema.Boolean
        })
      ).annotate({
        description:
          "`config`: a hash; `labelled`: it had lastgood's labels; `ran`: it was running. Empty after a restore"
      }),
      volumes: Schema.Array(
        Schema.Struct({
          name: Text,
          inode: Schema.NullOr(Text),
          created: Schema.NullOr(Text),
          mounted: Schema.Boolean,
          held: Schema.Boolean,
          marked: Schema.Boolean
        })
      ).annotate({
        description:
          "`inode`, `created`: null if unknown; `mounted`: its folder is a mount point; `held`: it held data; `marked`: a mark was beside the data"
      })
    }
  ),
  DriftDetected: event("DriftDetected", 1, "The world disagrees with the log; recorded once for each state.", {
    kind: Schema.Literals(["data-missing", "log-behind", "drift"]),
    what: noted(Schema.Array(Text), "what was expected and what was seen"),
    next: Text
  }),
  DriftResolved: event("DriftResolved", 1, "The world agrees with the log again.", { kind: Text }),
  DataGivenUp: event(
    "DataGivenUp",
    1,
    "An operator continued without the data that the log knows (`--without-data`); its snapshots stay.",
    {
      what: Schema.Array(Text),
      left: Schema.optionalKey(noted(Schema.Boolean, "another volume still holds data"))
    }
  )
}
