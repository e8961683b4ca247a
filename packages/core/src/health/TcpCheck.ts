/**
 * Passes when the address accepts a connection. Weaker than `http`, since a server may listen before it can answer.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { address, addressOf } from "./address.ts"
import type { CheckResult } from "./HealthGate.ts"
import { defineKind, type RunCheck, timeout } from "./Kind.ts"
import { problemOf } from "./problem.ts"

const run: RunCheck<"tcp"> = ({ host, port }) =>
  Effect.flatMap(
    Effect.promise(() => import("node:net")),
    ({ connect }) =>
      Effect.callback<CheckResult>((resume) => {
        const socket = connect({ host, port })
        socket.on("connect", () => {
          resume(Effect.succeed({ ok: true, dead: false, seen: "connected" }))
          socket.destroy()
        })
        socket.on("error", (error) => resume(Effect.succeed({ ok: false, dead: false, seen: problemOf(error) })))
        return Effect.sync(() => socket.destroy())
      })
  )

export const tcp = defineKind("tcp", {
  file: Schema.Struct({ tcp: address("Host and port that must accept a connection.", "127.0.0.1:5432"), timeout }),
  toCheck: ({ tcp, timeout }) => ({ kind: "tcp", name: `tcp ${tcp}`, ...addressOf(tcp), timeoutMs: timeout }),
  run
})
