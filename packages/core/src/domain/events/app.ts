/** The app itself, and its operator's decisions about it. */
import * as Schema from "effect/Schema"
import { At, Count, event, noted, Text } from "./shape.ts"

export const app = {
  AppRegistered: event(
    "AppRegistered",
    1,
    "lastgood acts on the app for the first time, or one of these settings has changed.",
    {
      recipe: Text,
      runtime: Text,
      domain: Text,
      stack: noted(Text, "the app's name in the runtime")
    }
  ),
  AppHeld: event("AppHeld", 1, "An operator stopped upgrades of the app.", {
    reason: Text,
    until: noted(Schema.NullOr(At), "null: until `AppReleased`")
  }),
  AppReleased: event("AppReleased", 1, "An operator ended the hold.", {}),
  HoldExpired: event("HoldExpired", 1, "The hold ended by itself, at its time.", { reason: Text, until: At }),
  VersionApproved: event(
    "VersionApproved",
    1,
    "An operator approved a version, so the daemon may upgrade to it whatever the policy is.",
    { version: Text, commit: noted(Text, "the approval is of the version at this commit") }
  ),
  ApprovalWithdrawn: event("ApprovalWithdrawn", 1, "An operator withdrew the approval.", { version: Text }),
  BreakerClosed: event(
    "BreakerClosed",
    1,
    "An operator closed the breaker of the host, so the daemon upgrades its apps again.",
    {}
  ),
  AppRenamed: event(
    "AppRenamed",
    1,
    "An operator renamed the app: its log ends here, and goes on with `AppContinued` of the new name.",
    { to: noted(Text, "the new name"), by: noted(Text, "who renamed it") }
  ),
  AppContinued: event(
    "AppContinued",
    1,
    "The app goes on under this name, with its folder, its snapshots and the log of its former name.",
    {
      app: noted(Text, "the new name"),
      from: noted(Text, "the former name"),
      version: noted(Count, "of the stream of the former name: its last event, `AppRenamed`"),
      folders: noted(Schema.Struct({ from: Text, to: Text }), "the app's folder under the root, before and after")
    }
  ),
  AppForgotten: event(
    "AppForgotten",
    1,
    "An operator forgot the removed app: its folder is deleted next, and an app of this name begins anew.",
    {
      by: noted(Text, "who forgot it"),
      snapshots: noted(Schema.Array(Text), "ids of the snapshots that are deleted with the folder")
    }
  ),
  ForgettingNoted: event("ForgettingNoted", 1, "Of the host: an app was forgotten.", {
    app: Text,
    by: noted(Text, "who forgot it"),
    version: noted(Count, "of its stream: its last event, `AppForgotten`"),
    hash: noted(Text, "of that event")
  })
}
