import { resolve } from "node:path"
import { exampleConfig } from "@lastgood/core/config/example"
import { resolveRoot } from "@lastgood/core/config/root"
import { configForHost } from "@lastgood/core/init/configForHost"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConfigFile, Json, Root } from "../options.ts"
import { initText } from "../render/init.ts"
import { Columns, print, printJson } from "../Screen.ts"
import { assertNew, writeNew } from "../writeNew.ts"

const advice = {
  elsewhere: "edit it, or name another file with --config <file>",
  denied: "run lastgood init in a folder that you may write to, or name a file with --config <file>"
}

/** What was found, or why nothing could be. */
const found = (root: string) =>
  configForHost(root).pipe(
    Effect.map(({ entries, host, text }) => {
      const isNothing = entries.length === 0 && host.loose.length === 0
      return { entries, host, text: isNothing ? exampleConfig() : text, isExample: isNothing, engine: null }
    }),
    Effect.catch(({ reason }) =>
      Effect.succeed({ entries: [], host: null, text: exampleConfig(), isExample: true, engine: reason })
    )
  )

/** Never overwrites an existing file. */
export const run = Effect.fn("Cli.init")(function* () {
  const file = resolve(Option.getOrElse(yield* ConfigFile, () => "lastgood.yaml"))
  const root = yield* resolveRoot(Option.getOrNull(yield* Root), null)
  // Looking takes a while.
  yield* assertNew(file, advice)
  const { engine, entries, host, isExample, text } = yield* found(root)
  // The file may later contain URLs under `notify`, with their secrets.
  yield* writeNew(file, text, 0o600, advice)
  const apps = entries.map(({ name, open, runtime, why }) => ({ app: name, runtime, leftOut: why, open }))
  const watchtowers = (host?.watchtowers ?? []).filter(({ isRunning }) => isRunning).map(({ name }) => name)
  if (yield* Json) return yield* printJson({ format: 1, written: file, example: isExample, engine, apps, watchtowers })
  yield* print(initText({ file, engine, apps, watchtowers, isExample }, yield* Columns))
})
