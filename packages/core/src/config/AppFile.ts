/** One app as written under `apps:`. */
import * as Schema from "effect/Schema"
import { appName } from "../domain/appName.ts"
import { runtimeKinds, traitsOf } from "../domain/RuntimeKind.ts"
import { line, oneOf, text } from "../yaml/text.ts"
import { defaultSettings } from "./defaults.ts"
import { settingsFields } from "./SettingsFile.ts"
import { VersionsFile, versionsProblems } from "./VersionsFile.ts"
import { windowField } from "./windows.ts"

/** An app's name becomes a folder under the root, beside the log (`events.db`), so it cannot contain a path. */
export const AppName = text({
  pattern: appName,
  expected:
    "an app's name: 1 to 63 characters of a-z, 0-9, dot, underscore and dash, starting with a letter or a digit (not `events.db`)",
  description: "The app's name, which is also its folder under the root."
})

const path = (description: string) => line({ expected: "the path of a file or folder", description })

const fields = {
  recipe: line({
    expected: "the path of the recipe's git repository, such as `./recipes/keycloak` (or its name, for abra)",
    description:
      "The recipe's git repository: a path, relative to this file; for the abra runtime also a name in ~/.abra/recipes."
  }),
  versions: Schema.optionalKey(VersionsFile),
  runtime: oneOf(runtimeKinds, "The runtime that runs the app."),
  domain: Schema.optionalKey(
    text({
      pattern: /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/u,
      expected: "a host name in lower case, such as `keycloak.example.org`, without a scheme, port or path",
      description:
        "The app's host name. Required without `folder`, except by the local runtime; it defaults to the app's name."
    })
  ),
  env: Schema.optionalKey(
    path("The app's env file, relative to this file. Default for the abra runtime: abra's env file of the app.")
  ),
  stack: Schema.optionalKey(
    text({
      pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/u,
      expected: "1 to 63 characters of a-z, 0-9, underscore and dash, starting with a letter or a digit",
      description: "The app's name in the runtime. Default: the domain with underscores for dots."
    })
  ),
  volumes: Schema.optionalKey(
    Schema.Array(
      text({
        pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/u,
        expected: "a volume's name: a-z, 0-9, underscore and dash, starting with a letter or a digit",
        description: "A folder that lastgood creates and passes to the app as LASTGOOD_VOLUME_<NAME>."
      })
    ).annotate({ description: "Runtime local only: the app's volumes.", expected: "a list of names, such as `[data]`" })
  ),
  folder: Schema.optionalKey(
    path(
      "The working folder of the app's compose project: relative paths (`./data`) and its `.env` are there; relative to this file."
    )
  ),
  data: Schema.optionalKey(
    Schema.Record(
      line({
        expected:
          "the path of a folder or file that the app mounts, or a volume, such as `volume:photos` or (without a name) `redis:/data`",
        description:
          "A path, relative to `folder` if there is one, else to this file; or a volume: `volume:` and its name, or, if it has none, its service and its path in the container."
      }),
      oneOf(["own", "external"], "`own`: data of the app; `external`: neither snapshotted nor restored.")
    ).annotate({
      description: "What lastgood asks about folders of the host that the app mounts, answered.",
      expected: 'answers by path, such as `{ "/srv/media": external }`'
    })
  ),
  ...settingsFields,
  window: Schema.optionalKey(windowField),
  after: Schema.optionalKey(
    Schema.Array(AppName).annotate({
      description:
        "Apps that come first: the daemon upgrades this app once they are healthy and have no upgrade to make.",
      expected: "a list of apps, such as `[auth]`"
    })
  ),
  plugin: Schema.optionalKey(
    line({
      expected: "a plugin: a path, a package, or the recipe of a built-in one",
      description: "The plugin for this app, if it is not the one for its recipe."
    })
  ),
  settings: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Unknown).annotate({
      description: "Settings for the plugin, which checks them.",
      expected: "keys and values for the plugin"
    })
  )
} as const

const { gate } = defaultSettings

const Fields = Schema.Struct(fields)

const isName = (recipe: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(recipe)

/** Volumes of the local runtime are distinguished by the names of their variables. */
const variableOf = (volume: string): string => volume.toUpperCase().replaceAll("-", "_")

/** Checks the keys of one app against each other. Each finding has a path and a text. */
const between = (app: typeof Fields.Type) => {
  const { runtime, recipe, volumes = [] } = app
  const { catalog, hasWorkingFolder, longestDomain, needsDomain, volumesFrom } = traitsOf(app)
  const found: Array<{ readonly path: ReadonlyArray<PropertyKey>; readonly issue: string }> = []
  const say = (path: ReadonlyArray<PropertyKey>, issue: string) => found.push({ path, issue })

  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/.test(recipe)) {
    say(["recipe"], "it is a URL; clone the repository and give the path of the clone")
  } else if (isName(recipe) && catalog === null) {
    say(
      ["recipe"],
      `only the abra runtime accepts a bare name; for a folder beside this file write \`./${recipe.slice(0, 60)}\``
    )
  }
  if (app.domain === undefined && needsDomain && app.folder === undefined) {
    say(
      ["domain"],
      `it is missing, but the ${runtime} runtime requires it: a host name such as \`keycloak.example.org\``
    )
  }
  if (longestDomain !== null && app.stack === undefined && (app.domain ?? "").length > longestDomain) {
    say(
      ["stack"],
      `it is missing, but required for a domain of more than ${longestDomain} characters: give the name that \`docker stack ls\` shows`
    )
  }
  const { deadline = gate.deadlineMs, stableFor = gate.stableForMs } = app.health ?? {}
  if (stableFor >= deadline) {
    say(["health", "stableFor"], "it must be shorter than `deadline`, or the health gate can never pass")
  }
  if (app.schedule !== undefined && app.interval !== undefined) {
    say(["interval"], "there is also a `schedule`; keep one of the two")
  }
  if (volumesFrom === "engine" && app.volumes !== undefined) {
    say(["volumes"], `it is for the local runtime only; ${runtime} gets the app's volumes from the engine`)
  }
  volumes.forEach((volume, i) => {
    const twin = volumes.findIndex((other) => variableOf(other) === variableOf(volume))
    if (twin < i) say(["volumes", i], `\`${volume}\` and \`${volumes[twin]}\` would have the same variable; rename one`)
  })
  if (app.folder !== undefined && !hasWorkingFolder) {
    say(["folder"], `apps of the ${runtime} runtime have no working folder`)
  }
  if (app.data !== undefined && volumesFrom !== "engine") {
    say(["data"], `apps of the ${runtime} runtime mount no folders of the host`)
  }
  for (const filter of volumesFrom === "configuration" ? (["include", "exclude", "disposable"] as const) : []) {
    for (const volume of Object.keys(app.snapshot?.[filter] ?? {}).filter((key) => !volumes.includes(key))) {
      const listed = volumes.length === 0 ? "it has none" : `it has ${volumes.join(", ")}`
      say(["snapshot", filter, volume], `the app has no volume \`${volume}\` (${listed})`)
    }
  }
  found.push(...versionsProblems(app.versions, runtime))
  return found
}

export const AppFile = Fields.annotate({ expected: "an app: keys such as `recipe:` and `runtime:`" }).pipe(
  Schema.check(Schema.makeFilter(between))
)
export type AppFile = typeof AppFile.Type
