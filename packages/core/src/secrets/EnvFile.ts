/** An app's env file: its variables, and the values in it that must never be repeated (LAW-12). */
import { parseEnv } from "node:util"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readSmallText } from "../disk/readSmallFile.ts"
import { confidentialOf } from "./confidential.ts"

/** The env file cannot be read. `next` is part of the message of the error that it becomes. */
export class EnvFileUnreadable extends Schema.TaggedError<EnvFileUnreadable>()("EnvFileUnreadable", {
  path: Schema.String,
  reason: Schema.String
}) {
  get next() {
    return `make ${this.path} a text in UTF-8 that the user who runs lastgood can read, or name another env file`
  }
  override get message() {
    return `the env file ${this.path} cannot be read: ${this.reason}`
  }
}

/** A name or a value with NUL in it could not be given to any program. */
const variablesOf = (text: string): Effect.Effect<Readonly<Record<string, string>>, string> => {
  const line = text.split("\n").findIndex((one) => one.includes("\0"))
  if (line !== -1) return Effect.fail(`line ${line + 1} holds a NUL character`)
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

/** The values of an app's variables that no error and no evidence may repeat. */
export const secretsOf = confidentialOf

/** The values of env files that other programs may quote. A file that is gone has nothing left to leak. */
export const secretsIn = (paths: ReadonlyArray<string | null>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.forEach(paths, (path) =>
    readVariables(path).pipe(
      Effect.map(secretsOf),
      Effect.catch(() => Effect.succeed([]))
    )
  ).pipe(Effect.map((values) => [...new Set(values.flat())]))
