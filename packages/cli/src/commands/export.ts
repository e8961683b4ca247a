import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { dirname, resolve } from "node:path"
import { syncNow } from "@lastgood/core/disk/inPlace"
import { messageOf } from "@lastgood/core/domain/messageOf"
import { StoreUnavailable } from "@lastgood/core/log/EventStore"
import { logFile } from "@lastgood/core/log/logFile"
import * as SqliteExport from "@lastgood/core/log/SqliteExport"
import * as SqliteFile from "@lastgood/core/log/SqliteFile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { FileFailed } from "../errors.ts"
import { Json, Quiet } from "../options.ts"
import { plural } from "../render/format.ts"
import { print, printJson } from "../Screen.ts"
import { rootFolder } from "../session.ts"

const onFile = <A>(path: string, work: () => A): Effect.Effect<A, FileFailed> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      new FileFailed({
        path,
        reason: `it cannot be written: ${messageOf(cause)}`,
        next: "name another file, or omit --out and redirect standard output"
      })
  })

const exportBegins = Buffer.from('{"lastgood":"export"')

const beginsAsExport = (path: string): boolean => {
  const fd = fs.openSync(path, "r")
  try {
    const start = Buffer.alloc(exportBegins.length)
    return fs.readSync(fd, start) === 0 || start.equals(exportBegins)
  } finally {
    fs.closeSync(fd)
  }
}

const whyNotReplaced = (path: string): string | null => {
  const found = fs.lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return null
  if (!found.isFile()) return "it exists and is not a regular file"
  return beginsAsExport(path) ? null : "it exists and is not an export, so it is not overwritten"
}

/** A repeated export replaces the earlier one. No other file is replaced, such as a configuration named by mistake. */
const refuseOthers = Effect.fnUntraced(function* (path: string) {
  const reason = yield* onFile(path, () => whyNotReplaced(path))
  if (reason === null) return
  const next = "name another file, or omit --out and redirect standard output"
  return yield* new FileFailed({ path, reason, next })
})

/** Writes a new file beside it, syncs and renames it, so that an earlier file stays until the new one is whole. */
const writeTo = Effect.fnUntraced(function* (path: string, parts: SqliteExport.Export["parts"]) {
  yield* refuseOthers(path)
  const beside = `${path}.new-${randomUUID()}`
  yield* Effect.acquireUseRelease(
    onFile(path, () => fs.openSync(beside, "wx", 0o600)),
    (fd) =>
      parts.pipe(
        Stream.runForEach((part) => onFile(path, () => fs.writeFileSync(fd, part))),
        Effect.andThen(
          onFile(path, () => {
            syncNow(beside)
            fs.renameSync(beside, path)
            syncNow(dirname(path))
          })
        )
      ),
    (fd) =>
      Effect.sync(() => {
        fs.closeSync(fd)
        fs.rmSync(beside, { force: true })
      })
  )
})

/** Prints the summary on standard error, because standard output is the export. */
export const run = Effect.fn("Cli.export")(function* (input: { readonly out: Option.Option<string> }) {
  const log = logFile(yield* rootFolder)
  if (!(yield* SqliteFile.isThere(log))) {
    return yield* new StoreUnavailable({
      path: log,
      reason: "it does not exist, so there is nothing to export",
      next: "name the root that has the log: --root, or root: in the configuration"
    })
  }
  const exported = yield* SqliteExport.open(log)
  const head = `${exported.head.position}:${exported.head.hash}`
  if (Option.isNone(input.out)) {
    yield* Stream.runForEach(exported.parts, (part) => Console.log(part.slice(0, -1)))
    if (!(yield* Quiet)) yield* Console.error(`${plural(exported.head.position, "event")}; head ${head}`)
    return
  }
  const file = resolve(input.out.value)
  yield* writeTo(file, exported.parts)
  if (yield* Json) return yield* printJson({ format: 1, written: file, store: exported.store, head })
  yield* print(`wrote ${file}: ${plural(exported.head.position, "event")}; head ${head}`)
}, Effect.scoped)
