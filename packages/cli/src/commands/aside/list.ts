import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { asidesOf, type ShownAside } from "../../asides.ts"
import { Json } from "../../options.ts"
import { countedSize, short, time } from "../../render/format.ts"
import { table } from "../../render/table.ts"
import { Columns, print, printJson } from "../../Screen.ts"
import { appsNamed, configuration, reading } from "../../session.ts"

const rowOf = ({ app, at, attempt, bytes, isPartial, tried, until, why }: ShownAside): ReadonlyArray<string> => [
  app,
  attempt.slice(-8),
  time(at),
  countedSize(bytes, isPartial),
  `${time(until)}${tried ? " or the next try" : ""}`,
  short(why)
]

/** Lists the data that rollbacks set aside, oldest first: why, when, how much, until when. */
export const run = Effect.fn("Cli.aside")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const apps = yield* appsNamed(config, input.app)
  const asides = (yield* Effect.forEach(apps, asidesOf).pipe(Effect.provide(reading(config)))).flat()
  if (yield* Json) return yield* printJson({ format: 1, aside: asides })
  if (asides.length === 0) return yield* print("no data is set aside")
  yield* print(table(["app", "attempt", "set aside", "size", "kept until", "why"], asides.map(rowOf), yield* Columns))
  const paths = asides.flatMap((one) => one.paths)
  yield* print(`it is at:\n${paths.map((path) => `  ${path}`).join("\n")}`)
})
