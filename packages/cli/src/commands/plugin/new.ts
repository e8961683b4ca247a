import { mkdir } from "node:fs/promises"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { BadUsage } from "../../errors.ts"
import { Json } from "../../options.ts"
import { print, printJson } from "../../Screen.ts"
import { pluginFile, testFile } from "../../scaffold/plugin.ts"
import { notWritten, writeNew } from "../../writeNew.ts"

const advice = {
  elsewhere: "edit it, or name another folder with --dir <folder>",
  denied: "name a folder that you may write to with --dir <folder>"
}

export const run = Effect.fn("Cli.pluginNew")(function* (input: { readonly recipe: string; readonly dir: string }) {
  const { dir, recipe } = input
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(recipe)) {
    return yield* new BadUsage({
      reason: `${recipe} is not the name of a recipe's folder`,
      next: "use letters, digits, dots, dashes and underscores, such as nextcloud"
    })
  }
  const [file, test] = [join(dir, `${recipe}.ts`), join(dir, `${recipe}.test.ts`)]
  yield* Effect.tryPromise({ try: () => mkdir(dir, { recursive: true }), catch: notWritten(dir, advice) })
  yield* writeNew(file, pluginFile(recipe), 0o644, advice)
  yield* writeNew(test, testFile(recipe), 0o644, advice)
  if (yield* Json) return yield* printJson({ format: 1, written: [file, test] })
  const listed = relative(".", file)
  yield* print(
    [
      `wrote ${file} and ${test}`,
      `next: edit them; node --test ${test}; lastgood plugin test ${file}`,
      `      then list it in lastgood.yaml: plugins: [./${listed}]`
    ].join("\n")
  )
})
