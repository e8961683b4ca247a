/**
 * A limit of connections that neither idle nor slow clients can use up: a new connection takes the place of one for which the
 * daemon has nothing to do. Only clients that wait for the daemon keep their places.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"

interface Exchange {
  readonly request: Pick<IncomingMessage, "complete">
  readonly response: Pick<ServerResponse, "writableEnded">
}

/** The client has not sent the whole request yet, or does not read its answer. */
const waitsForClient = ({ request, response }: Exchange): boolean => !request.complete || response.writableEnded

export const limitConnections = (server: Server, most: number): void => {
  /** The exchanges of each connection that have not ended. The connection that was quiet longest comes first. */
  const open = new Map<Socket, Set<Exchange>>()

  const movedToEnd = (socket: Socket, exchanges: Set<Exchange>): void => {
    open.delete(socket)
    if (!socket.destroyed) open.set(socket, exchanges)
  }

  /** Idle ones first, also those that never sent a request; then those that keep the daemon waiting. */
  const dispensable = (): Socket | undefined => {
    const all = [...open]
    const found =
      all.find(([, exchanges]) => exchanges.size === 0) ??
      all.find(([, exchanges]) => [...exchanges].every(waitsForClient))
    return found?.[0]
  }

  server.on("connection", (socket) => {
    if (open.size >= most) {
      const given = dispensable()
      if (given === undefined) {
        socket.destroy()
        return
      }
      open.delete(given)
      given.destroy()
    }
    open.set(socket, new Set())
    socket.once("close", () => open.delete(socket))
  })

  server.on("request", (request, response) => {
    const { socket } = request
    const exchanges = open.get(socket) ?? new Set()
    const exchange: Exchange = { request, response }
    exchanges.add(exchange)
    movedToEnd(socket, exchanges)
    response.once("close", () => {
      exchanges.delete(exchange)
      movedToEnd(socket, exchanges)
    })
  })
}
