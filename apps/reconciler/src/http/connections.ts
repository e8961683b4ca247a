/** A limit of connections that idle clients cannot use up: a new connection takes the place of the one that is idle longest. */
import type { Server } from "node:http"
import type { Socket } from "node:net"

/** A connection is idle while no request on it waits for its answer, also if it never sent one. */
export const limitConnections = (server: Server, most: number): void => {
  /** The unanswered requests of each connection. The connection that is idle longest comes first among the idle ones. */
  const open = new Map<Socket, number>()

  server.on("connection", (socket) => {
    if (open.size >= most) {
      const idle = [...open].find(([, unanswered]) => unanswered === 0)
      if (idle === undefined) {
        socket.destroy()
        return
      }
      open.delete(idle[0])
      idle[0].destroy()
    }
    open.set(socket, 0)
    socket.once("close", () => open.delete(socket))
  })

  server.on("request", ({ socket }, response) => {
    open.set(socket, (open.get(socket) ?? 0) + 1)
    response.once("close", () => {
      const unanswered = (open.get(socket) ?? 1) - 1
      open.delete(socket)
      if (!socket.destroyed) open.set(socket, unanswered)
    })
  })
}
