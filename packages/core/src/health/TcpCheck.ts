/** Something accepts a connection: weaker than `http`, since a server may listen before it can answer. */
import * as Effect from "effect/Effect"
import type { Check } from "../domain/App.ts"
import type { Look } from "./HealthGate.ts"
import { problemOf } from "./problem.ts"

export const look = (check: Extract<Check, { readonly kind: "tcp" }>): Effect.Effect<Look> =>
  Effect.flatMap(
    Effect.promise(() => import("node:net")),
    ({ connect }) =>
      Effect.callback<Look>((resume) => {
        const socket = connect({ host: check.host, port: check.port })
        socket.on("connect", () => {
          resume(Effect.succeed({ ok: true, dead: false, seen: "connected" }))
          socket.destroy()
        })
        socket.on("error", (error) => resume(Effect.succeed({ ok: false, dead: false, seen: problemOf(error) })))
        return Effect.sync(() => socket.destroy())
      })
  )
