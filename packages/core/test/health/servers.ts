/** Real servers on a free port of the loopback, gone with the scope. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type RequestListener, type Server } from "node:http"
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

/** Shows a certificate that it signed itself. */
export const selfSignedServer = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "lastgood-test-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
  const made = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=localhost",
    "-days",
    "1"
  ]
  yield* run("openssl", ["req", "-x509", ...made, "-keyout", key, "-out", cert])
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
