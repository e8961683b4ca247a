import { resolve } from "node:path"
import { exampleConfig } from "@lastgood/core/config/example"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConfigFile, Json } from "../options.ts"
import { print, printJson } from "../Screen.ts"
import { writeNew } from "../writeNew.ts"

const advice = {
  elsewhere: "edit it, or name another file with --config <file>",
  denied: "run lastgood init in a folder that you may write to, or name a file with --config <file>"
}

/** Never overwrites an existing file. */
export const run = Effect.fn("Cli.init")(function* () {
  const file = resolve(Option.getOrElse(yield* ConfigFile, () => "lastgood.yaml"))
  // The file may later contain URLs under `notify`, with their secrets.
  yield* writeNew(file, exampleConfig(), 0o600, advice)
  if (yield* Json) return yield* printJson({ format: 1, written: file })
  yield* print(`wrote ${file}\nnext: edit it, then lastgood doctor`)
})
