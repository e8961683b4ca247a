/** Does work once for each name, also if it is asked for again meanwhile or a while later: a double click, a form sent again. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** The most names that are remembered. */
const most = 500

/** @returns work that is shared by all who ask for it under the same name. A failure is not remembered. */
export const makeOnce = <A extends { readonly status: number }>() =>
  Effect.sync(() => {
    const known = new Map<string, Deferred.Deferred<A>>()
    return (name: string, work: Effect.Effect<A>): Effect.Effect<A> =>
      Effect.suspend(() => {
        const found = known.get(name)
        if (found !== undefined) return Deferred.await(found)
        const made = Deferred.makeUnsafe<A>()
        known.set(name, made)
        for (const oldest of known.keys()) {
          if (known.size <= most) break
          known.delete(oldest)
        }
        return work.pipe(
          Effect.onExit((exit) => {
            if (exit._tag === "Failure" || exit.value.status >= 300) known.delete(name)
            return Deferred.done(made, exit)
          })
        )
      })
  })
