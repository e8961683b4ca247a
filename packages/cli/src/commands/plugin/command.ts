/** `lastgood plugin`: its commands with their arguments, flags and words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { lazily } from "../../lazily.ts"

const pluginNew = Command.make(
  "new",
  {
    recipe: Argument.String("recipe").pipe(Argument.withDescription("The name of the recipe's folder")),
    dir: Flag.String("dir").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("Where to put it"),
      Flag.withDefault("plugins")
    )
  },
  lazily(() => import("./new.ts"))
).pipe(Command.withDescription("Write a plugin for a recipe, and a test for it, to start from"))

const pluginTest = Command.make(
  "test",
  {
    file: Argument.String("file").pipe(Argument.withDescription("The plugin: a file or a package")),
    app: Flag.String("app").pipe(
      Flag.withMetavar("<app>"),
      Flag.withDescription("Let its checks look at this app of the configuration, as it runs"),
      Flag.optional
    ),
    settings: Flag.String("settings").pipe(
      Flag.withMetavar("<json>"),
      Flag.withDescription("The app's settings, where it needs some and no app is named"),
      Flag.optional
    )
  },
  lazily(() => import("./test.ts"))
).pipe(Command.withDescription("Try a plugin out: what every plugin must keep to, and its checks on a real app"))

export const plugin = Command.make("plugin").pipe(
  Command.withDescription("For authors of plugins"),
  Command.withSubcommands([pluginNew, pluginTest])
)
