import { realpath } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { resolveRoot } from "@lastgood/core/config/root"
import { kindBehind } from "@lastgood/core/disk/kindAt"
import { examine } from "@lastgood/core/examine"
import { foundIn } from "@lastgood/core/runtime/compose/source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BadUsage, Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { Json, Root } from "../options.ts"
import { checkText } from "../render/check.ts"
import { print, printJson } from "../Screen.ts"

const usage = "lastgood check <folder>, or lastgood check <compose.yml> …"

/** A file in its real folder: compose uses the folder that a link is in, not that of its target. */
const fileAt = (given: string): Effect.Effect<string> => {
  const file = resolve(given)
  return Effect.promise(() =>
    realpath(dirname(file)).then(
      (folder) => join(folder, basename(file)),
      () => file
    )
  )
}

/** The folder of the project, and the compose files that the operator named. */
const placeOf = Effect.fnUntraced(function* (given: string, more: ReadonlyArray<string>) {
  const path = yield* fileAt(given)
  const kind = yield* kindBehind(path)
  if (kind !== "file" && kind !== "folder") {
    return yield* new BadUsage({ reason: `${given}: there is no such file or folder`, next: usage })
  }
  const folder = kind === "file" ? dirname(path) : yield* Effect.promise(() => realpath(path))
  const found = yield* foundIn([folder])
  if (kind === "folder" && more.length > 0) {
    return yield* new BadUsage({ reason: "check one folder at a time", next: usage })
  }
  if (kind === "folder") {
    // With COMPOSE_FILE in its env file, the folder needs no file of a usual name.
    if (found.length > 0 || (yield* kindBehind(`${folder}/.env`)) === "file") return { folder, files: [] }
    return yield* new BadUsage({ reason: `${given}: there is no compose file in this folder`, next: usage })
  }
  const isFound = more.length === 0 && found[0] === basename(path)
  return { folder, files: isFound ? [] : [path, ...(yield* Effect.forEach(more, fileAt))] }
})

export const run = Effect.fn("Cli.check")(function* (input: { readonly project: ReadonlyArray<string> }) {
  const root = yield* resolveRoot(Option.getOrNull(yield* Root), null)
  const place = yield* placeOf(input.project[0] ?? ".", input.project.slice(1))
  const examined = yield* examine({ ...place, name: null, envFile: null, answers: new Map(), root })
  const taken = examined.problems.length === 0
  if (yield* Json) yield* printJson({ format: 1, taken, ...examined })
  else yield* print(checkText(examined))
  if (!taken) return yield* new Ended({ code: ExitCode.refused })
})
