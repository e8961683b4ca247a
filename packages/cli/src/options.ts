/** The flags of every command. */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

export const ConfigFile = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription(
      "The configuration file; default: $LASTGOOD_CONFIG, ./lastgood.yaml, /etc/lastgood/lastgood.yaml"
    ),
    Flag.optional
  )
})

export const Root = GlobalFlag.Setting("root")({
  flag: Flag.String("root").pipe(
    Flag.withMetavar("<folder>"),
    Flag.withDescription("The folder for lastgood's own data; default: $LASTGOOD_ROOT, or root: of the configuration"),
    Flag.optional
  )
})

export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Print JSON on standard output, and nothing else there"),
    Flag.withDefault(false)
  )
})

export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withoutNegation,
    Flag.withDescription("Print no timeline and no progress on standard error"),
    Flag.withDefault(false)
  )
})

export const globalFlags = [ConfigFile, Root, Json, Quiet] as const
