/** A daemon that serves HTTP, and a client of it. */
import { request } from "node:http"
import { connect } from "node:net"
import { assert } from "@effect/vitest"
import { freePort } from "@lastgood/testing/freePort"
import * as Effect from "effect/Effect"
import { installed } from "../../expect.ts"
import { type Options, type World, waitUntil } from "../../harness.ts"

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The daemon's socket in place of its port. */
  readonly socket?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | Array<string>>
  readonly text: string
}

/** Not `fetch`, which sets Host and Origin itself. */
const asking = (where: object, path: string, { body, headers = {}, method = "GET" }: Asked) =>
  Effect.callback<Answer>((resume) => {
    const sent = request({ ...where, path, method, headers, agent: false, timeout: 60_000 }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      response.on("close", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    sent.on("error", (error) => resume(Effect.succeed({ status: 0, headers: {}, text: error.message })))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

/** Sends bytes as they are, and gives what came back until the server closed the connection. */
export const rawly = (port: number, bytes: string) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => socket.destroy())
  })

const started = (world: World) =>
  Effect.acquireRelease(
    Effect.sync(() => world.start(["reconcile"])),
    ({ done, signal }) =>
      Effect.andThen(
        Effect.sync(() => signal("SIGKILL")),
        done
      )
  )

/** @param http further keys of `http:`, as YAML. `options.top` comes after it. */
export const serving = Effect.fnUntraced(function* (http = "", options: Options = {}) {
  const port = yield* Effect.promise(freePort)
  const top = `http: { listen: "127.0.0.1:${port}"${http} }\n${options.top ?? ""}`
  const world = yield* installed({ ...options, top })

  const ask = (path: string, asked: Asked = {}) =>
    asking(
      asked.socket === true ? { socketPath: world.at("root", "http.sock") } : { host: "127.0.0.1", port },
      path,
      asked
    )

  const token = Effect.map(world.textOf("root", "token"), (text) => (text ?? "").trim())
  /** With the token. */
  const get = (path: string, asked: Asked = {}) =>
    Effect.flatMap(token, (bearer) =>
      ask(path, { ...asked, headers: { authorization: `Bearer ${bearer}`, ...asked.headers } })
    )
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    get(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers }
    })
  const json = (path: string) =>
    Effect.map(get(path), ({ status, text }) => {
      assert.strictEqual(status, 200, text)
      return JSON.parse(text)
    })

  const isUp = Effect.map(ask("/healthz"), ({ status }) => status === 200)
  const start = Effect.gen(function* () {
    const daemon = yield* started(world)
    yield* waitUntil(
      "the daemon does not serve HTTP",
      Effect.gen(function* () {
        const onSocket = yield* ask("/healthz", { socket: true })
        return (onSocket.status === 200 && (yield* isUp)) || !daemon.isRunning()
      }),
      90_000
    )
    assert.isTrue(daemon.isRunning(), daemon.said())
    return daemon
  })

  return { world, port, ask, get, post, json, token, isUp, start, launch: started(world) }
})
