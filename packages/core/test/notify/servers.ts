/** A mail server on loopback. It ends with its scope. */
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net"
import { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port

export interface Mail {
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly data: string
  /** As the client sent it, decoded: `\0user\0password`. */
  readonly auth: string | null
}

/** A server that speaks enough of SMTP to take mail. `extensions` are what it offers after EHLO. */
export const smtpServer = (
  options: {
    readonly extensions?: ReadonlyArray<string>
    readonly refuses?: "auth" | "recipient"
    readonly isSilent?: boolean
    /** Takes STARTTLS with this certificate. */
    readonly tls?: { readonly key: Buffer; readonly cert: Buffer }
  } = {}
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const mails: Array<Mail> = []
      const lines: Array<string> = []
      const sockets = new Set<Socket>()
      const server = createSocketServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => undefined)
        if (options.isSilent === true) return
        let text = ""
        let data: string | null = null
        let mail = { from: "", to: [] as Array<string>, auth: null as string | null }
        let stream: Socket = socket
        const say = (line: string) => void stream.write(`${line}\r\n`)
        const secure = (tls: NonNullable<typeof options.tls>) => {
          say("220 2.0.0 go on")
          socket.removeAllListeners("data")
          stream = new TLSSocket(socket, { isServer: true, ...tls })
          stream.on("error", () => undefined)
          stream.on("data", hear)
        }
        const take = (line: string) => {
          if (data !== null) {
            if (line !== ".") {
              data += `${line}\n`
              return
            }
            mails.push({ ...mail, data })
            data = null
            return say("250 2.0.0 queued as 42")
          }
          lines.push(line)
          const command = line.slice(0, 4).toUpperCase()
          if (command === "EHLO") {
            const all = ["loopback", ...(options.extensions ?? ["AUTH PLAIN"])]
            for (const [i, one] of all.entries()) say(`250${i === all.length - 1 ? " " : "-"}${one}`)
          } else if (command === "AUTH") {
            const auth = Buffer.from(line.split(" ")[2] ?? "", "base64").toString("utf8")
            mail = { ...mail, auth }
            // A careless server repeats what it was given.
            say(options.refuses === "auth" ? `535 5.7.8 no such login: ${auth.replaceAll("\0", " ")}` : "235 2.7.0 ok")
          } else if (command === "MAIL") {
            mail = { ...mail, from: line.slice(10), to: [] }
            say("250 2.1.0 ok")
          } else if (command === "RCPT") {
            mail.to.push(line.slice(8))
            say(options.refuses === "recipient" ? "550 5.1.1 no such user" : "250 2.1.5 ok")
          } else if (command === "DATA") {
            data = ""
            say("354 go on")
          } else if (command === "QUIT") {
            say("221 bye")
            stream.end()
          } else if (command === "STAR" && options.tls !== undefined) secure(options.tls)
          else say(command === "STAR" ? "502 5.5.1 not implemented" : "250 ok")
        }
        const hear = (chunk: Buffer) => {
          text += chunk.toString("utf8")
          for (let end = text.indexOf("\r\n"); end !== -1; end = text.indexOf("\r\n")) {
            const line = text.slice(0, end)
            text = text.slice(end + 2)
            take(line)
          }
        }
        socket.on("data", hear)
        say("220 loopback ESMTP")
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return { server, sockets, port: portOf(server), mails, lines }
    }),
    ({ server, sockets }) =>
      Effect.promise(async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => server.close(resolve))
      })
  )
