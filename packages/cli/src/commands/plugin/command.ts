/** `lastgood plugin`: its commands with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { exits, explained, reads, writes } from "../../help/explained.ts"
import { lazily } from "../../lazily.ts"

const pluginNew = Command.make(
  "new",
  {
    recipe: Argument.String("recipe").pipe(Argument.withDescription("The name of the recipe's folder")),
    dir: Flag.String("dir").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("The folder to write to"),
      Flag.withDefault("plugins")
    )
  },
  lazily(() => import("./new.ts"))
).pipe(
  explained(
    "Write a template of a plugin for a recipe, and of its test",
    [["lastgood plugin new wiki", "Writes plugins/wiki.ts and a test of it"]],
    exits(writes, [[64, "wrong usage, or the file exists already"]])
  )
)

const pluginTest = Command.make(
  "test",
  {
    file: Argument.String("file").pipe(Argument.withDescription("The plugin: a file or a package")),
    app: Flag.String("app").pipe(
      Flag.withMetavar("<app>"),
      Flag.withDescription("Run its checks on this running app of the configuration"),
      Flag.optional
    ),
    settings: Flag.String("settings").pipe(
      Flag.withMetavar("<json>"),
      Flag.withDescription("The app's settings as JSON, if the plugin needs some and no app is named"),
      Flag.optional
    )
  },
  lazily(() => import("./test.ts"))
).pipe(
  explained(
    "Test a plugin: the rules for every plugin, and its checks on a real app",
    [
      [
        "lastgood plugin test ./plugins/wiki.ts --app wiki",
        "The rules for every plugin, and its checks on the running app"
      ]
    ],
    exits(reads, [
      [0, "every test passed"],
      [1, "a test failed"]
    ])
  )
)

export const plugin = Command.make("plugin").pipe(
  explained(
    "Commands for plugin authors",
    [
      ["lastgood plugin new wiki", "Writes a plugin to start from"],
      ["lastgood plugin test ./plugins/wiki.ts", "Tests it"]
    ],
    [
      [0, "the help was shown"],
      [64, "wrong usage"]
    ]
  ),
  Command.withSubcommands([pluginNew, pluginTest])
)
