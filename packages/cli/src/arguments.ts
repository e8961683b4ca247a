/** Arguments and flags that several commands share. */
import { duration } from "@lastgood/core/yaml/duration"
import * as Config from "effect/Config"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"

export const app = Argument.String("app").pipe(Argument.withDescription("The app's name in the configuration"))

export const formerApp = Argument.String("former-app").pipe(
  Argument.withDescription("The name of an app that is not in the configuration any more")
)

export const optionalApp = app.pipe(Argument.optional)

/** A flag for a duration, decoded to milliseconds. */
const durationFlag = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withSchema(duration(description)),
    Flag.withMetavar("<duration>"),
    Flag.withDescription(description)
  )

export const wait = durationFlag(
  "wait",
  "How long to wait for another lastgood process that works on the app, such as 10m"
).pipe(Flag.withDefault(0))

/** For commands that only record something: long enough for a health check of the daemon, which takes seconds. */
export const waitToRecord = durationFlag(
  "wait",
  "How long to wait for another lastgood process that works on the app; default: 10s"
).pipe(Flag.withDefault(10_000))

export const timeout = durationFlag("timeout", "Kill the command after this long; default: 15m").pipe(
  Flag.filter(
    (ms) => ms > 0,
    () => "expected more than 0"
  ),
  Flag.withDefault(15 * 60_000)
)

export const forDuration = durationFlag("for", "End the hold after this long, such as 24h").pipe(Flag.optional)

export const snapshot = Flag.String("snapshot").pipe(
  Flag.withMetavar("<id>"),
  Flag.withDescription("The snapshot's id; `lastgood snapshots` lists them"),
  Flag.optional
)

export const to = Flag.String("to").pipe(
  Flag.withMetavar("<version>"),
  Flag.withDescription("The version; default: the newest that no gate refuses"),
  Flag.optional
)

export const skipFetch = Flag.Boolean("skip-fetch").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Ask neither the recipe's remote nor registries for newer versions; also $CCCI_SKIP_FETCH=1"),
  Flag.withFallbackConfig(Config.Boolean("CCCI_SKIP_FETCH")),
  Flag.withDefault(false)
)

export const withoutData = Flag.Boolean("without-data").pipe(
  Flag.withoutNegation,
  Flag.withDescription(
    "Continue with the present data of its volumes, and give up the data that the log knows; its snapshots stay"
  ),
  Flag.withDefault(false)
)

export const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withoutNegation,
  Flag.withDescription("Do not ask before something is destroyed"),
  Flag.withDefault(false)
)

export const dryRun = Flag.Boolean("dry-run").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Show what the command would do now, and change nothing"),
  Flag.withDefault(false)
)

/** A flag for a whole number that is not less than `least`. */
export const countFlag = (name: string, least: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.filter(
      (n) => n >= least,
      (n) => `expected ${least} or more, found ${n}`
    )
  )

/** How many of the newest to show, at least `least`. */
export const limit = (least: number) =>
  countFlag("limit", least).pipe(Flag.withAlias("n"), Flag.withDescription("Only this many, the newest"), Flag.optional)
