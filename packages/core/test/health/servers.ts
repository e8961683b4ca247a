/** Real servers on a free port of the loopback, gone with the scope. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createHttp2Server, type Http2Server, type OutgoingHttpHeaders } from "node:http2"
import { createServer as createTlsServer } from "node:https"
import { createServer as createTcpServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { run } from "../../src/process/Tool.ts"

const portOf = (server: Pick<Server, "address">): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const listening = (make: () => Server) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = make()
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map(portOf))

export const httpServer = (listener: RequestListener) =>
  Effect.map(
    listening(() => createServer(listener)),
    (port) => ({ port, url: `http://127.0.0.1:${port}` })
  )

/** HTTP/2 without TLS: answers everything with the same. */
export const http2Server = (headers: OutgoingHttpHeaders, body: string) =>
  Effect.acquireRelease(
    Effect.callback<Http2Server>((resume) => {
      const server = createHttp2Server()
      server.on("stream", (stream) => {
        stream.on("error", () => undefined)
        stream.respond(headers)
        stream.end(body)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  ).pipe(Effect.map(portOf))

/** Paths of files. `ca` is the certificate that has signed `cert`. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** A certificate for 127.0.0.1, signed by an unknown authority. */
export const unknownCertificate = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "lastgood-test-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const at = (name: string) => join(folder, name)
  const [caKey, ca, key, cert] = [at("ca-key.pem"), at("ca.pem"), at("key.pem"), at("cert.pem")] as const
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
  yield* run("openssl", ["req", ...made, "-subj", "/CN=nobody", "-keyout", caKey, "-out", ca])
  const leaf = [
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-addext",
    "basicConstraints=CA:FALSE"
  ]
  yield* run("openssl", ["req", ...made, ...leaf, "-CA", ca, "-CAkey", caKey, "-keyout", key, "-out", cert])
  return { ca, cert, key } satisfies Certificate
})

/** Serves an untrusted certificate. */
export const untrustedServer = Effect.gen(function* () {
  const { cert, key } = yield* unknownCertificate
  const pair = yield* Effect.promise(async () => ({ key: await readFile(key), cert: await readFile(cert) }))
  const port = yield* listening(() => createTlsServer(pair, (_request, response) => response.end("ok")))
  return `https://127.0.0.1:${port}`
})

/** Accepts connections and says nothing. */
export const silentServer = Effect.acquireRelease(
  Effect.callback<{ readonly server: ReturnType<typeof createTcpServer>; readonly sockets: Set<{ destroy(): void }> }>(
    (resume) => {
      const sockets = new Set<{ destroy(): void }>()
      const server = createTcpServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => undefined)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
    }
  ),
  ({ server, sockets }) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
).pipe(Effect.map(({ server }) => portOf(server)))

/** A port where nothing listens. */
export const freePort = Effect.scoped(silentServer)
