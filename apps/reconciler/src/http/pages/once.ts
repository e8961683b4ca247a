/** Does work once for each name, also if it is asked for again meanwhile or a while later: a double click, a form sent again. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** The most names that are remembered. */
const most = 500

/**
 * The work lives as long as the scope, not as the request: a browser that lost its connection sends the form again, and gets
 * the answer to what it began.
 *
 * @returns work that is shared by all who ask for it under the same name. A failure is not remembered.
 */
export const makeOnce = <A extends { readonly status: number }>() =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const known = new Map<string, Deferred.Deferred<A>>()
    const begin = (name: string, work: Effect.Effect<A>): Effect.Effect<A> => {
      const answer = Deferred.makeUnsafe<A>()
      known.set(name, answer)
      for (const oldest of known.keys()) {
        if (known.size <= most) break
        known.delete(oldest)
      }
      return work.pipe(
        Effect.onExit((exit) => {
          const isKept = exit._tag === "Success" && exit.value.status < 300
          if (!isKept && known.get(name) === answer) known.delete(name)
          return Deferred.done(answer, exit)
        }),
        Effect.forkIn(scope),
        Effect.andThen(Deferred.await(answer))
      )
    }
    return (name: string, work: Effect.Effect<A>): Effect.Effect<A> =>
      Effect.suspend(() => {
        const found = known.get(name)
        return found === undefined ? begin(name, work) : Deferred.await(found)
      })
  })
