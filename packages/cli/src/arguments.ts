/** Arguments and flags that several commands share. */
import { duration } from "@lastgood/core/yaml/duration"
import * as Config from "effect/Config"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"

export const app = Argument.String("app").pipe(Argument.withDescription("The app's name in the configuration"))

export const optionalApp = app.pipe(Argument.optional)

/** Decoded to milliseconds. */
const durationFlag = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withSchema(duration(description)),
    Flag.withMetavar("<duration>"),
    Flag.withDescription(description)
  )

export const wait = durationFlag(
  "wait",
  "Wait this long (such as 10m) for another lastgood that works on the app"
).pipe(Flag.withDefault(0))

/** Of commands that only record something: a daemon's look at the app, which takes seconds, is not in their way. */
export const waitToRecord = durationFlag(
  "wait",
  "Wait this long for another lastgood that works on the app; default: 10s"
).pipe(Flag.withDefault(10_000))

export const timeout = durationFlag("timeout", "How long the command may take until it is ended; default: 15m").pipe(
  Flag.filter(
    (ms) => ms > 0,
    () => "expected more than nothing"
  ),
  Flag.withDefault(15 * 60_000)
)

export const forDuration = durationFlag("for", "Release it by itself after this long, such as 24h").pipe(Flag.optional)

export const snapshot = Flag.String("snapshot").pipe(
  Flag.withMetavar("<id>"),
  Flag.withDescription("Which snapshot; `lastgood snapshots` lists them"),
  Flag.optional
)

export const to = Flag.String("to").pipe(
  Flag.withMetavar("<version>"),
  Flag.withDescription("This version, instead of the newest that no gate holds back"),
  Flag.optional
)

export const skipFetch = Flag.Boolean("skip-fetch").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Do not ask the recipe's remote for newer versions; also $CCCI_SKIP_FETCH=1"),
  Flag.withFallbackConfig(Config.Boolean("CCCI_SKIP_FETCH")),
  Flag.withDefault(false)
)

export const withoutData = Flag.Boolean("without-data").pipe(
  Flag.withoutNegation,
  Flag.withDescription(
    "Go on with what its volumes hold now; the data that the log knows of is given up, its snapshots stay"
  ),
  Flag.withDefault(false)
)
