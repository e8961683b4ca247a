/** An app's env file: its variables, and the values in it that must never be repeated (LAW-12). */
import { readFile } from "node:fs/promises"
import { parseEnv } from "node:util"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

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

/** Strict: bytes that are no UTF-8 would silently become another password. */
const textOf = async (path: string): Promise<string> =>
  new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path))

/** The variables of an env file; none for null. */
export const readVariables = Effect.fn("EnvFile.readVariables")(function* (path: string | null) {
  if (path === null) return {}
  const text = yield* Effect.tryPromise({
    try: () => textOf(path),
    catch: (cause) => new EnvFileUnreadable({ path, reason: cause instanceof Error ? cause.message : String(cause) })
  })
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(parseEnv(text))) if (value !== undefined) variables[name] = value
  return variables
})

/** Each value, and each line of one that has several: a text may have been cut between its lines. */
export const secretsOf = (variables: Readonly<Record<string, string>>): ReadonlyArray<string> => [
  ...new Set(Object.values(variables).flatMap((value) => [value, ...value.split(/\r?\n/)]))
]

/** The values of env files that other programs may quote. A file that is gone has nothing left to leak. */
export const secretsIn = (paths: ReadonlyArray<string | null>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.forEach(paths, (path) =>
    readVariables(path).pipe(
      Effect.map(secretsOf),
      Effect.catch(() => Effect.succeed([]))
    )
  ).pipe(Effect.map((values) => [...new Set(values.flat())]))
