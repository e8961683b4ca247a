/** The shape of `lastgood.yaml`. The published JSON Schema (`lastgood.schema.json`) is made from it. */
import * as Schema from "effect/Schema"
import { integer, line, oneOf, text } from "../yaml/text.ts"
import { AppFile, AppName } from "./AppFile.ts"
import { defaultBreaker } from "./defaults.ts"
import { HttpFile } from "./HttpFile.ts"
import { NotifyFile } from "./NotifyFile.ts"

export const ConfigFile = Schema.Struct({
  root: Schema.optionalKey(
    text({
      pattern: /^(?!\/+$)[^\r\n\0]*\S[^\r\n\0]*$/u,
      expected: "the path of a folder (not / itself)",
      description: "The folder in which lastgood keeps its own data, relative to this file. Default: /var/lib/lastgood."
    })
  ),
  plugins: Schema.optionalKey(
    Schema.Array(
      line({
        expected: "a path such as `./plugins/nextcloud.ts`, or the name of a package",
        description: "A file, relative to this one, or an npm package."
      })
    ).annotate({ description: "Recipe plugins.", expected: "a list of paths and packages" })
  ),
  http: Schema.optionalKey(HttpFile),
  apps: Schema.Record(AppName, AppFile).annotate({
    description: "The apps, by name.",
    expected: "apps by name: `apps: { keycloak: { recipe: …, runtime: … } }`"
  }),
  notify: Schema.optionalKey(
    Schema.Array(NotifyFile).annotate({ description: "Where alerts go.", expected: "a list of URLs" })
  ),
  breaker: Schema.optionalKey(
    Schema.Union([
      integer(1, 1000, "So many automatic upgrades in a row, of any apps, that were rolled back stop the others."),
      oneOf(["off"], "Automatic upgrades never stop.")
    ]).annotate({
      description:
        "How many automatic upgrades in a row may be rolled back before the daemon stops upgrading, or `off`.",
      expected: "a whole number from 1 to 1000, or `off`",
      default: defaultBreaker
    })
  ),
  digest: Schema.optionalKey(
    text({
      pattern: /^(?:[01]\d|2[0-3]):[0-5]\d$/u,
      expected: "a time of day such as `08:00`",
      description: "When the daemon sends a digest of the last day, in the host's time zone. Default: never."
    })
  ),
  ping: Schema.optionalKey(
    text({
      pattern: /^https?:\/\/[^\s/#]\S*$/u,
      expected: "a URL such as `https://hc-ping.com/<uuid>`",
      description: "A dead man's switch, which the daemon pings at the beginning and at the end of a pass.",
      secret: true
    })
  )
}).annotate({
  title: "lastgood.yaml",
  description: "Configuration of lastgood.",
  expected: "keys and values, with `apps:` among them"
})
export type ConfigFile = typeof ConfigFile.Type
