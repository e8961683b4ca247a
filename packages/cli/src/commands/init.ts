import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { exampleConfig } from "@lastgood/core/config/example"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { BadUsage, FileFailed } from "../errors.ts"
import { ConfigFile, Json } from "../options.ts"
import { print, printJson } from "../Screen.ts"

const failed = (file: string) => (cause: unknown) =>
  Predicate.hasProperty(cause, "code") && cause.code === "EEXIST"
    ? new BadUsage({
        reason: `${file} is there already and was not touched`,
        next: "edit it, or name another file with --config <file>"
      })
    : new FileFailed({
        path: file,
        reason: `it cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
        next: "run lastgood init in a folder that you may write to, or name a file with --config <file>"
      })

/** A file that is there is never written over. */
export const run = Effect.fn("init")(function* () {
  const file = resolve(Option.getOrElse(yield* ConfigFile, () => "lastgood.yaml"))
  yield* Effect.tryPromise({
    // The file may come to hold the URLs of where alerts go, with their secrets.
    try: () => writeFile(file, exampleConfig(), { flag: "wx", mode: 0o600 }),
    catch: failed(file)
  })
  if (yield* Json) return yield* printJson({ format: 1, written: file })
  yield* print(`wrote ${file}\nnext: edit it, then lastgood doctor`)
})
