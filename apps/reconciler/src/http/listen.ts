/** Listens on an address or on the socket, and tries again while that is not possible. */
import { chmod, lstat, rename, rm } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import { connect } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { addressText, type ListenAddress } from "@lastgood/core/config/HttpFile"
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import { isLoopback } from "./access.ts"
import { limitConnections } from "./connections.ts"
import { Via } from "./Daemon.ts"
import { socketFile } from "./socketFile.ts"
import { HttpTrouble } from "./Trouble.ts"

export type Answer = Effect.Effect<HttpServerResponse, unknown, HttpServerRequest | Scope.Scope>

const retryEvery = "5 seconds"

/** For each address, and for the socket. */
const mostConnections = 256

/** Limits against clients that send slowly or too much. Streams have a limit of their own. */
const makeServer = (): Server => {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 2000,
    keepAlive: true
  })
  limitConnections(server, mostConnections)
  return server
}

const causeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "cause" in error ? messageOf(error.cause) : messageOf(error)

const codeOf = (error: unknown): unknown =>
  typeof error === "object" &&
  error !== null &&
  "cause" in error &&
  error.cause instanceof Error &&
  "code" in error.cause
    ? error.cause.code
    : null

const serving = Effect.fnUntraced(function* (options: {
  readonly host?: string
  readonly port?: number
  readonly path?: string
}) {
  const server = makeServer()
  const http = yield* NodeHttpServer.make(() => server, { ...options, disablePreemptiveShutdown: true })
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  return http
})

const onAddress = Effect.fnUntraced(function* (address: ListenAddress, answer: Answer) {
  const name = addressText(address)
  const http = yield* serving({ host: address.host, port: address.port }).pipe(
    Effect.mapError((error) => {
      const isTaken = codeOf(error) === "EADDRINUSE"
      return new HttpTrouble({
        what: `cannot listen on ${name}: ${isTaken ? "another program listens there" : causeOf(error)}`,
        next: "stop what uses it, or change http.listen: in the configuration and restart lastgood"
      })
    })
  )
  yield* http.serve(answer)
  yield* Effect.logInfo(`serves HTTP on ${name}`)
  if (!isLoopback(address.host)) {
    yield* Effect.logWarning(
      `${name} is not encrypted: everyone on the way can read the token; put a TLS proxy before it`
    )
  }
  return yield* Effect.never
}, Effect.scoped)

/** Whether a process answers on the socket. */
const isAlive = (path: string) =>
  Effect.callback<boolean>((resume) => {
    const client = connect(path)
    client.once("connect", () => resume(Effect.succeed(true)))
    client.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => client.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.succeed(true) }))

const promised = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: (cause) => ({ cause }) })

/** In place with its mode at once, and in place of one that a killed daemon left. */
const onSocket = Effect.fnUntraced(function* (root: string, answer: Answer) {
  const path = socketFile(root)
  const trouble = (what: string, next: string) => new HttpTrouble({ what: `cannot listen on ${path}: ${what}`, next })
  const http = yield* Effect.gen(function* () {
    const kind = yield* promised(() =>
      lstat(path).then(
        (found) => (found.isSocket() ? "socket" : "other"),
        () => null
      )
    )
    if (kind === "other") return yield* trouble("it is not a socket", "move it away")
    if (kind === "socket" && (yield* isAlive(path))) {
      return yield* trouble("another daemon listens there", "run one daemon for a root")
    }
    const beside = `${path}.new`
    yield* promised(() => rm(beside, { force: true }))
    const made = yield* serving({ path: beside })
    yield* promised(async () => {
      await chmod(beside, 0o600)
      await rename(beside, path)
    })
    yield* Effect.addFinalizer(() => Effect.promise(() => rm(path, { force: true })))
    return made
  }).pipe(
    Effect.mapError((error) =>
      error instanceof HttpTrouble
        ? error
        : trouble(causeOf(error), "correct it, or set http: off and restart lastgood")
    )
  )
  yield* http.serve(Effect.provideService(answer, Via, "socket"))
  return yield* Effect.never
}, Effect.scoped)

/** Says the trouble once, and tries again until it is over. */
export const patiently = <A, R>(work: Effect.Effect<A, HttpTrouble, R>): Effect.Effect<A, never, R> => {
  let told: string | null = null
  const attempt: Effect.Effect<A, never, R> = Effect.catch(work, ({ next, what }) =>
    Effect.gen(function* () {
      if (told !== what)
        yield* Effect.annotateLogs(Effect.logWarning(`${what}; tried again every ${retryEvery}`), { next })
      told = what
      yield* Effect.sleep(retryEvery)
      return yield* attempt
    })
  )
  return attempt
}

/** Serves on the socket of the root and on the addresses until it is interrupted. */
export const listen = (root: string, addresses: ReadonlyArray<ListenAddress>, answer: Answer) =>
  Effect.all(
    [patiently(onSocket(root, answer)), ...addresses.map((address) => patiently(onAddress(address, answer)))],
    { concurrency: "unbounded", discard: true }
  )
