/** Asks published ports of this host what they are: one GET of `/`, as a browser would send it. */
import * as http from "node:http"
import * as net from "node:net"
import * as Effect from "effect/Effect"
import { databaseOf, type PortAnswer, type ProbedPort } from "./checks.ts"
import type { FoundPort, FoundService } from "./Found.ts"

const answerWithinMs = 3000

const noAnswer: PortAnswer = { kind: "closed" }

/** One request alone: a connection that sends nothing ends some small servers. */
const pageOf = ({ address, port }: FoundPort): Effect.Effect<PortAnswer> =>
  Effect.callback<PortAnswer>((resume) => {
    let isConnected = false
    const asked = http.get(
      { host: address, port, path: "/", agent: false, headers: { "user-agent": "lastgood", connection: "close" } },
      ({ statusCode }) => {
        resume(Effect.succeed(statusCode === undefined ? { kind: "open" } : { kind: "http", status: statusCode }))
        asked.destroy()
      }
    )
    asked.on("socket", (socket) => {
      socket.once("connect", () => {
        isConnected = true
      })
    })
    asked.on("error", () => resume(Effect.succeed(isConnected ? { kind: "open" } : noAnswer)))
    asked.setTimeout(answerWithinMs, () => asked.destroy())
    return Effect.sync(() => asked.destroy())
  })

/** A database would log a request as an error. */
const connectionTo = ({ address, port }: FoundPort): Effect.Effect<PortAnswer> =>
  Effect.callback<PortAnswer>((resume) => {
    const socket = net.connect({ host: address, port })
    socket.once("connect", () => resume(Effect.succeed({ kind: "open" })))
    socket.once("error", () => resume(Effect.succeed(noAnswer)))
    return Effect.sync(() => socket.destroy())
  })

const answerOf = (port: FoundPort, isDatabase: boolean): Effect.Effect<PortAnswer> =>
  Effect.timeoutOrElse(isDatabase ? connectionTo(port) : pageOf(port), {
    duration: answerWithinMs + 1000,
    orElse: () => Effect.succeed(noAnswer)
  })

/** The TCP ports of running services. */
export const probePorts = Effect.fn("Init.probe")(function* (services: ReadonlyArray<FoundService>) {
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
