import * as fs from "node:fs"
import { resolve } from "node:path"
import * as SqliteImport from "@lastgood/core/log/SqliteImport"
import * as Effect from "effect/Effect"
import { Json } from "../options.ts"
import { plural } from "../render/format.ts"
import { print, printJson } from "../Screen.ts"
import { logIn, rootFolder } from "../session.ts"

/** The log of a root that has none yet, from an export. */
export const run = Effect.fn("import")(function* (input: { readonly file: string }) {
  const log = logIn(yield* rootFolder)
  const fromPipe = input.file === "-"
  const source = fromPipe ? "standard input" : resolve(input.file)
  const { head, store } = yield* SqliteImport.run(log, source, fromPipe ? process.stdin : fs.createReadStream(source))
  const told = `${head.position}:${head.hash}`
  if (yield* Json) return yield* printJson({ format: 1, imported: log, store, head: told })
  yield* print(
    `imported ${plural(head.position, "event")} into ${log}; head ${told}\nnext: lastgood verify, which also says which snapshots are on this host`
  )
})
