/**
 * What the configuration can say of an app beyond which app it is: the part that a recipe's own labels may say as well.
 * Nothing is filled in here: only so is it known afterwards who said what (`settle.ts`).
 */
import * as Schema from "effect/Schema"
import { duration, durationOrOff, positiveDuration } from "../yaml/duration.ts"
import { integer, oneOf, text } from "../yaml/text.ts"
import { CheckFile } from "./CheckFile.ts"
import { schedule } from "./schedule.ts"

const globs = Schema.Array(
  text({
    pattern: /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))(?=.*\S)[^\0]*$/u,
    expected: "a glob relative to the volume, such as `cache/**`, without a leading / and without ..",
    description: "Relative to the volume's root."
  })
).annotate({ expected: 'a list of globs, such as `["cache/**"]`' })

export const VolumeKey = text({
  pattern: /^(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}|\.?\/[^\r\n\0]{1,1000})$/u,
  expected: "the name of a volume as in the recipe, without the stack's prefix, or the path of a data folder",
  description: "A volume's name as in the recipe, without the stack's prefix; or the path of a data folder (`./data`)."
})

/** By volume: globs of its paths. */
export const GlobsByVolume = (description: string) =>
  Schema.Record(VolumeKey, globs).annotate({
    description,
    expected: 'globs by volume, such as `{ data: ["cache/**"] }`'
  })

const Health = Schema.Struct({
  deadline: Schema.optionalKey(positiveDuration("How long the app may take to become healthy and stay so.", "5m")),
  stableFor: Schema.optionalKey(duration("How long every check must pass without a failure in between.", "10s")),
  interval: Schema.optionalKey(positiveDuration("Time between two looks.", "2s")),
  watch: Schema.optionalKey(
    durationOrOff("How often the daemon looks at the app's health between upgrades; `off`: never.", "60s")
  ),
  checks: Schema.optionalKey(
    Schema.Array(CheckFile)
      .annotate({
        description: "What healthy means. Replaces the checks of the recipe's plugin.",
        expected: "a list of at least one check (leave the key out to have the plugin's checks)"
      })
      .pipe(
        Schema.check(
          Schema.isMinLength(1, {
            expected: "a list of at least one check (leave the key out to have the plugin's checks)"
          })
        )
      )
  )
}).annotate({ description: "The health gate.", expected: "keys such as `deadline: 5m` and `checks:`" })

const Snapshot = Schema.Struct({
  keep: Schema.optionalKey(integer(1, 10_000, "How many snapshots stay. The last good one always does.", 3)),
  asideFor: Schema.optionalKey(duration("How long data that a rollback replaced is kept.", "7d")),
  include: Schema.optionalKey(GlobsByVolume("Only these paths are data (default: all of them).")),
  exclude: Schema.optionalKey(GlobsByVolume("These paths are not data: they are lost in a rollback.")),
  disposable: Schema.optionalKey(
    GlobsByVolume("These paths may be lost in a rollback, also a whole volume or a whole database.")
  )
}).annotate({ description: "What is kept of the app's data.", expected: "keys such as `keep: 3`" })

const Deadlines = Schema.Struct({
  prefetch: Schema.optionalKey(positiveDuration("For having everything that the new version needs.", "30m")),
  undeploy: Schema.optionalKey(positiveDuration("For nothing of the app to run any more.", "2m")),
  deploy: Schema.optionalKey(positiveDuration("For all services of the version to run.", "10m")),
  stall: Schema.optionalKey(
    positiveDuration(
      "For a step to do nothing at all: snapshots and restores take what they need, but not for ever.",
      "15m"
    )
  )
}).annotate({ description: "How long the steps may take.", expected: "keys such as `deploy: 10m`" })

export const settingsFields = {
  policy: Schema.optionalKey(
    oneOf(["patch", "minor", "major", "manual"], "How far an upgrade may go by itself.", "minor")
  ),
  minimumAge: Schema.optionalKey(duration("How old a version must be before it is taken.", "0s")),
  releaseNotes: Schema.optionalKey(
    oneOf(
      ["hold", "show", "ignore"],
      "What the recipe's release notes do: hold an upgrade whose notes ask for manual work, be shown only, or nothing.",
      "hold"
    )
  ),
  schedule: Schema.optionalKey(schedule),
  interval: Schema.optionalKey(
    positiveDuration("How often to look for a newer version, where there is no schedule. Default: 15m.", "15m")
  ),
  health: Schema.optionalKey(Health),
  snapshot: Schema.optionalKey(Snapshot),
  deadlines: Schema.optionalKey(Deadlines)
} as const

export const SettingsFile = Schema.Struct(settingsFields).annotate({ expected: "keys such as `policy: minor`" })
/** Durations in milliseconds; a key that is missing was not said. */
export type SettingsFile = typeof SettingsFile.Type
