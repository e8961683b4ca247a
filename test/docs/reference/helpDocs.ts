/** The help of every command, as data: what `lastgood <command> --help` shows. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { root } from "../../../packages/cli/src/cli.ts"

/** @param path names of commands: `["alerts", "ack"]`. */
const helpOf = Effect.fnUntraced(function* (path: ReadonlyArray<string>) {
  let found: HelpDoc.HelpDoc | null = null
  const keep = CliOutput.layerPresenter({
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") found = event.helpDoc
      })
  })
  yield* Command.runWith(root, { version: "" })([...path, "--help"]).pipe(
    Effect.provide(keep),
    Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })),
    Effect.scoped
  )
  if (found === null) return yield* Effect.die(new Error(`lastgood ${path.join(" ")} has no help`))
  return found as HelpDoc.HelpDoc
})

export interface Helped {
  readonly path: ReadonlyArray<string>
  readonly doc: HelpDoc.HelpDoc
}

/** A command and all below it, in the order of the help. */
export const helpDocs = (
  path: ReadonlyArray<string> = []
): Effect.Effect<
  ReadonlyArray<Helped>,
  Effect.Error<ReturnType<typeof helpOf>>,
  Effect.Services<ReturnType<typeof helpOf>>
> =>
  Effect.gen(function* () {
    const doc = yield* helpOf(path)
    const children = (doc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
    const below = yield* Effect.forEach(children, (name) => helpDocs([...path, name]))
    return [{ path, doc }, ...below.flat()]
  })
