/**
 * The settings of an app that a recipe's labels may give too. Defaults are not filled in here, so that the source of each
 * setting is known afterwards (`settle.ts`).
 */
import * as Schema from "effect/Schema"
import { duration, durationOrOff, positiveDuration } from "../yaml/duration.ts"
import { rate } from "../yaml/rate.ts"
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

/** Globs of paths, by volume. */
export const GlobsByVolume = (description: string) =>
  Schema.Record(VolumeKey, globs).annotate({
    description,
    expected: 'globs by volume, such as `{ data: ["cache/**"] }`'
  })

const Health = Schema.Struct({
  deadline: Schema.optionalKey(positiveDuration("How long the app may take to become healthy and stable.", "5m")),
  stableFor: Schema.optionalKey(duration("How long every check must pass without a failure in between.", "10s")),
  interval: Schema.optionalKey(positiveDuration("Time between two runs of the checks.", "2s")),
  watch: Schema.optionalKey(
    durationOrOff("How often the daemon checks the app's health between upgrades; `off`: never.", "60s")
  ),
  checks: Schema.optionalKey(
    Schema.Array(CheckFile)
      .annotate({
        description: "The health checks. They replace the checks of the recipe's plugin.",
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

const Prepare = Schema.Struct({
  bandwidth: Schema.optionalKey(rate("The most bytes per second to copy while the app runs. Default: no limit.")),
  ioIdle: Schema.optionalKey(
    Schema.Boolean.annotate({
      description: "Copy only when no other program wants the disk.",
      expected: "true or false",
      default: true
    })
  )
}).annotate({
  description: "What bringing a mirror up to date may cost the running app.",
  expected: "keys such as `bandwidth: 20MB/s`"
})

const Snapshot = Schema.Struct({
  keep: Schema.optionalKey(integer(1, 10_000, "How many snapshots to keep. The last good one is always kept.", 3)),
  keepWithin: Schema.optionalKey(
    positiveDuration("Also keep all snapshots that are younger than this, however many there are.")
  ),
  asideFor: Schema.optionalKey(duration("How long data set aside by a rollback is kept.", "7d")),
  engine: Schema.optionalKey(
    oneOf(
      ["auto", "tar", "mirror", "btrfs"],
      "How volumes are captured: into an archive, by a copy that is kept up to date, by a snapshot of a btrfs subvolume, or by what lastgood chooses for each of them.",
      "auto"
    )
  ),
  prepare: Schema.optionalKey(Prepare),
  include: Schema.optionalKey(GlobsByVolume("Only these paths are data (default: all of them).")),
  exclude: Schema.optionalKey(GlobsByVolume("These paths are not data: they are lost in a rollback.")),
  disposable: Schema.optionalKey(
    GlobsByVolume("These paths may be lost in a rollback, even a whole volume or a whole database.")
  )
}).annotate({ description: "How many snapshots to keep, and what they contain.", expected: "keys such as `keep: 3`" })

const Deadlines = Schema.Struct({
  prefetch: Schema.optionalKey(positiveDuration("To fetch everything that the new version needs.", "30m")),
  undeploy: Schema.optionalKey(positiveDuration("To stop every service of the app.", "2m")),
  deploy: Schema.optionalKey(positiveDuration("To start all services of the version.", "10m")),
  stall: Schema.optionalKey(
    positiveDuration(
      "How long a step may make no progress. The duration of snapshots and restores is not limited otherwise.",
      "15m"
    )
  )
}).annotate({ description: "How long the steps may take.", expected: "keys such as `deploy: 10m`" })

export const settingsFields = {
  policy: Schema.optionalKey(
    oneOf(["patch", "minor", "major", "manual"], "How far an automatic upgrade may go.", "minor")
  ),
  minimumAge: Schema.optionalKey(duration("How old a version must be before an automatic upgrade to it.", "0s")),
  releaseNotes: Schema.optionalKey(
    oneOf(
      ["hold", "show", "ignore"],
      "Release notes that ask for manual work: refuse the upgrade (`hold`), only show them, or ignore them.",
      "hold"
    )
  ),
  schedule: Schema.optionalKey(schedule),
  interval: Schema.optionalKey(
    positiveDuration("How often to look for a newer version without a `schedule`. Default: 15m.", "15m")
  ),
  health: Schema.optionalKey(Health),
  snapshot: Schema.optionalKey(Snapshot),
  deadlines: Schema.optionalKey(Deadlines)
} as const

export const SettingsFile = Schema.Struct(settingsFields).annotate({ expected: "keys such as `policy: minor`" })
/** Durations are in milliseconds. A missing key was not set. */
export type SettingsFile = typeof SettingsFile.Type
