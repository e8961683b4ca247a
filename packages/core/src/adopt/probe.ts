/** Asks published ports of this host what they are: one GET of `/`, as a browser would send it. */
import * as http from "node:http"
import * as net from "node:net"
import * as Effect from "effect/Effect"
import { databaseOf, type PortAnswer, type ProbedPort } from "./checks.ts"
import type { FoundPort, FoundService } from "./Found.ts"

const answerWithinMs = 3000

const statusOf = ({ address, port }: FoundPort): Effect.Effect<number | null> =>
  Effect.callback<number | null>((resume) => {
    const asked = http.get(
      { host: address, port, path: "/", agent: false, headers: { "user-agent": "lastgood", connection: "close" } },
      ({ statusCode = null }) => {
        resume(Effect.succeed(statusCode))
        asked.destroy()
      }
    )
    asked.on("error", () => resume(Effect.succeed(null)))
    return Effect.sync(() => asked.destroy())
  })

const isOpen = ({ address, port }: FoundPort): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = net.connect({ host: address, port })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

const within = <A>(asked: Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
  Effect.timeoutOrElse(asked, { duration: answerWithinMs, orElse: () => Effect.succeed(otherwise) })

const answerOf = Effect.fnUntraced(function* (port: FoundPort, isDatabase: boolean) {
  if (!(yield* within(isOpen(port), false))) return { kind: "closed" } satisfies PortAnswer
  // A database would log the request as an error.
  const status = isDatabase ? null : yield* within(statusOf(port), null)
  return (status === null ? { kind: "open" } : { kind: "http", status }) satisfies PortAnswer
})

/** The TCP ports of running services. */
export const probePorts = Effect.fn("Adopt.probe")(function* (services: ReadonlyArray<FoundService>) {
  const ports = services.flatMap(({ image, isRunning, ports: own, service }) =>
    isRunning ? own.filter(({ protocol }) => protocol === "tcp").map((port) => ({ image, port, service })) : []
  )
  return yield* Effect.forEach(
    ports,
    ({ image, port, service }) =>
      Effect.map(answerOf(port, databaseOf(image) !== null), (answer): ProbedPort => ({ ...port, service, answer })),
    { concurrency: 8 }
  )
})
