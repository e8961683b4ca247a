/** An app's env file: its variables, and their values that must never appear in output (LAW-12). */
import { parseEnv } from "node:util"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readSmallText } from "../disk/readSmallFile.ts"
import { confidentialOf } from "./confidential.ts"

/** The env file cannot be read. `next` becomes the `next` of the caller's error. */
export class EnvFileUnreadable extends Schema.TaggedError<EnvFileUnreadable>()("EnvFileUnreadable", {
  path: Schema.String,
  reason: Schema.String
}) {
  get next() {
    return `make ${this.path} UTF-8 text that the user who runs lastgood can read, or set another env file`
  }
  override get message() {
    return `the env file ${this.path} cannot be read: ${this.reason}`
  }
}

/** A name or a value with a NUL could not be passed to any program. */
const variablesOf = (text: string): Effect.Effect<Readonly<Record<string, string>>, string> => {
  const line = text.split("\n").findIndex((one) => one.includes("\0"))
  if (line !== -1) return Effect.fail(`line ${line + 1} contains a NUL character`)
  const entries = Object.entries(parseEnv(text)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]]
  )
  return Effect.succeed(Object.fromEntries(entries))
}

/** The variables of an env file; none for null. */
export const readVariables = Effect.fn("EnvFile.readVariables")(function* (path: string | null) {
  if (path === null) return {}
  const text = yield* Effect.mapError(
    readSmallText(path),
    ({ message }) => new EnvFileUnreadable({ path, reason: message })
  )
  return yield* Effect.mapError(variablesOf(text), (reason) => new EnvFileUnreadable({ path, reason }))
})

/** The values of an app's variables that no error and no evidence may contain. */
export const secretsOf = confidentialOf

/** The values of env files that other programs may quote. A missing file has nothing to leak. */
export const secretsIn = (paths: ReadonlyArray<string | null>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.forEach(paths, (path) =>
    readVariables(path).pipe(
      Effect.map(secretsOf),
      Effect.catch(() => Effect.succeed([]))
    )
  ).pipe(Effect.map((values) => [...new Set(values.flat())]))
