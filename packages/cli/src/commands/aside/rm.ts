import type { App } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { asidesOf } from "../../asides.ts"
import { NotFound } from "../../errors.ts"
import { prunedBefore } from "../../history.ts"
import { isNamed } from "../../idNamed.ts"
import { type HowToRemove, removeNamed } from "../../removal.ts"
import { countedSize, plural, time } from "../../render/format.ts"
import { appsNamed, configuration, reading } from "../../session.ts"

const look = Effect.fnUntraced(function* (app: App, names: ReadonlyArray<string>) {
  const state = yield* (yield* Journal).load(app.name)
  const asides = yield* asidesOf(app)
  const named = yield* Effect.forEach(
    names,
    Effect.fnUntraced(function* (name) {
      const [found, another] = asides.filter(({ attempt }) => isNamed(attempt, name))
      if (found !== undefined && another === undefined) return found
      if (found === undefined && [...(yield* prunedBefore(app)).asides].some((id) => isNamed(id, name))) return null
      return yield* new NotFound({
        reason:
          found === undefined
            ? `${app.name} has no data that attempt ${name} set aside`
            : `${name} is the beginning or the end of several attempts`,
        next: `name one that lastgood aside ${app.name} lists`
      })
    })
  )
  const chosen = [...new Set(named.filter((one) => one !== null))]
  return { state, chosen, gone: named.filter((one) => one === null).length }
})

/** Removes set-aside data for good. */
export const run = Effect.fn("Cli.asideRm")(function* (
  input: HowToRemove & { readonly app: string; readonly attempts: ReadonlyArray<string> }
) {
  const config = yield* configuration
  const [app] = yield* appsNamed(config, Option.some(input.app))
  if (app === undefined) return
  const { chosen, gone, state } = yield* look(app, input.attempts).pipe(Effect.provide(reading(config)))
  const removal = {
    snapshots: [],
    asides: chosen.map(({ attempt }) => attempt),
    removes: chosen.map(({ attempt, bytes, isPartial }) => ({ what: "aside" as const, id: attempt, bytes, isPartial })),
    lines: (how: string) => [
      `the data of ${app.name} that ${plural(chosen.length, "attempt")} set aside ${how} for good:`,
      ...chosen.flatMap(({ at, attempt, bytes, isPartial, paths, why }) => [
        `  ${attempt.slice(-8)}  ${time(at)}  ${countedSize(bytes, isPartial)}  ${why}`,
        ...paths.map((path) => `    ${path}`)
      ])
    ],
    before: gone === 0 ? "" : `the data that ${plural(gone, "attempt")} set aside is already removed`
  }
  yield* removeNamed(app, state, removal, input)
})
