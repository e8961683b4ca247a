import * as fs from "node:fs"
import { resolve } from "node:path"
import { abandonImported } from "@lastgood/core/engine/abandonImported"
import { Journal } from "@lastgood/core/engine/Journal"
import * as SavedStates from "@lastgood/core/engine/SavedStates"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import * as SqliteImport from "@lastgood/core/log/SqliteImport"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Json } from "../options.ts"
import { plural } from "../render/format.ts"
import { print, printJson } from "../Screen.ts"
import { rootFolder } from "../session.ts"

const endedAttempts = (log: string) =>
  abandonImported().pipe(
    Effect.provide(
      Journal.layer.pipe(
        Layer.provideMerge(EventStoreSqlite.layer({ path: log })),
        Layer.provide([SavedStates.layerBeside(log), layerWebCrypto])
      )
    )
  )

/** Imports an exported log into a root without a log. */
export const run = Effect.fn("Cli.import")(function* (input: { readonly file: string }) {
  const log = logFile(yield* rootFolder)
  const fromPipe = input.file === "-"
  const source = fromPipe ? "standard input" : resolve(input.file)
  const { head, store } = yield* SqliteImport.run(log, source, fromPipe ? process.stdin : fs.createReadStream(source))
  const ended = yield* endedAttempts(log)
  const told = `${head.position}:${head.hash}`
  if (yield* Json) return yield* printJson({ format: 1, imported: log, store, head: told, ended })
  yield* print(
    [
      `imported ${plural(head.position, "event")} into ${log}; head ${told}`,
      ...ended.map(
        (app) =>
          `${app}: an attempt was in flight; its outcome is unknown. lastgood compares the running app with the log before any attempt begins`
      ),
      "next: lastgood verify, which also shows which snapshots are on this host; then lastgood status"
    ].join("\n")
  )
})
