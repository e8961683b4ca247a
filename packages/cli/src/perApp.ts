/**
 * Does something for several apps, each separately: an app that fails is reported beside the others. If the operator named
 * one app, its error is the command's error.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type ExitCode, worst } from "./exitCode.ts"
import { endOfError, type Failure, type Tagged } from "./failure.ts"

export interface Looked<A> {
  readonly found: ReadonlyArray<A>
  readonly errors: ReadonlyArray<Failure & { readonly app: string }>
  readonly code: ExitCode
}

/** @param named the app that the command line names, if any. */
export const perApp = Effect.fnUntraced(function* <X extends { readonly name: string }, A, E extends Tagged, R>(
  named: Option.Option<string>,
  apps: ReadonlyArray<X>,
  look: (app: X) => Effect.Effect<A, E, R>
) {
  if (Option.isSome(named)) {
    const looked: Looked<A> = { found: yield* Effect.forEach(apps, look), errors: [], code: 0 }
    return looked
  }
  const results = yield* Effect.forEach(apps, (app) =>
    Effect.map(
      Effect.result(look(app)),
      Result.mapError((error) => ({ app: app.name, ...endOfError(error) }))
    )
  )
  const failed = results.flatMap((r) => (Result.isFailure(r) ? [r.failure] : []))
  const looked: Looked<A> = {
    found: results.flatMap((r) => (Result.isSuccess(r) ? [r.success] : [])),
    errors: failed.map(({ app, failure }) => ({ app, ...failure })),
    code: worst(failed.map((f) => f.code))
  }
  return looked
})
