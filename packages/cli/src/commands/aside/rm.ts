import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { carryOut } from "../../acting.ts"
import { asidesOf, type ShownAside } from "../../asides.ts"
import { confirm } from "../../confirm.ts"
import { NotFound } from "../../errors.ts"
import { isNamed } from "../../idNamed.ts"
import { countedSize, plural, time } from "../../render/format.ts"
import { appsNamed, configuration, reading } from "../../session.ts"

const chosenBy = Effect.fnUntraced(function* (app: string, asides: ReadonlyArray<ShownAside>, name: string) {
  const [found, another] = asides.filter(({ attempt }) => isNamed(attempt, name))
  if (found !== undefined && another === undefined) return found
  return yield* new NotFound({
    reason:
      found === undefined
        ? `${app} has no data that attempt ${name} set aside`
        : `${name} is the beginning or the end of several attempts`,
    next: `name one that lastgood aside ${app} lists`
  })
})

/** Removes set-aside data for good. */
export const run = Effect.fn("Cli.asideRm")(function* (input: {
  readonly app: string
  readonly attempts: ReadonlyArray<string>
  readonly yes: boolean
  readonly wait: number
}) {
  const config = yield* configuration
  const [app] = yield* appsNamed(config, Option.some(input.app))
  if (app === undefined) return
  const asides = yield* asidesOf(app).pipe(Effect.provide(reading(config)))
  const chosen = [...new Set(yield* Effect.forEach(input.attempts, (name) => chosenBy(app.name, asides, name)))]
  yield* confirm(
    [
      `the data of ${app.name} that ${plural(chosen.length, "attempt")} set aside will be removed for good:`,
      ...chosen.flatMap(({ at, attempt, bytes, isPartial, paths, why }) => [
        `  ${attempt.slice(-8)}  ${time(at)}  ${countedSize(bytes, isPartial)}  ${why}`,
        ...paths.map((path) => `    ${path}`)
      ])
    ],
    input.yes
  )
  const ids = chosen.map(({ attempt }) => attempt)
  yield* carryOut(input.app, { _tag: "Prune", snapshots: [], asides: ids, by: "operator" }, input.wait)
})
