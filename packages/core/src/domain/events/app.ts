/** The app itself, and its operator's decisions about it. */
import * as Schema from "effect/Schema"
import { At, event, noted, Text } from "./shape.ts"

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
  AppReleased: event("AppReleased", 1, "An operator ended the hold.", {})
}
