/** The shape of `lastgood.yaml`. The published JSON Schema (`lastgood.schema.json`) is made from it. */
import * as Schema from "effect/Schema"
import { line, text } from "../yaml/text.ts"
import { AppFile, AppName } from "./AppFile.ts"
import { HttpFile } from "./HttpFile.ts"

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
    Schema.Array(
      text({
        pattern: /^[a-z][a-z0-9+.-]*:\/\/\S+$/u,
        expected: "a URL such as `ntfy://ntfy.example.org/ops`",
        description: "Where alerts go.",
        secret: true
      })
    ).annotate({ description: "Where alerts go.", expected: "a list of URLs" })
  )
}).annotate({
  title: "lastgood.yaml",
  description: "Configuration of lastgood.",
  expected: "keys and values, with `apps:` among them"
})
export type ConfigFile = typeof ConfigFile.Type
