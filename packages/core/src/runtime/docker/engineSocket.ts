/**
 * Reads from the Docker engine over its own socket. It answers in a few milliseconds, while a docker client needs 50 to
 * 100, in time and in CPU, and an upgrade reads a hundred times, often while the app is down.
 *
 * The answer is always the same as the client's. Anything but a clear result or a clear "not found" is left to the
 * client, which knows contexts, TLS, SSH and older engines, and whose errors `Docker.ts` can interpret.
 */
import { readFileSync } from "node:fs"
import type * as http from "node:http"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Heartbeat } from "../../process/Heartbeat.ts"

/** Source: docker's documentation of `DOCKER_HOST` and of contexts. */
const defaultSocket = "/var/run/docker.sock"

/** Variables that select another engine, or another way to connect to it. */
const elsewhere = ["DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION"]

/**
 * The socket of the engine that a docker client with this environment would use; null: another kind of connection, or
 * only the client can tell.
 */
export const socketOf = (env: Readonly<Record<string, string>>): string | null => {
  if (elsewhere.some((name) => (env[name] ?? "") !== "")) return null
  const host = env["DOCKER_HOST"] ?? ""
  if (host !== "") return /^unix:\/\/(\/.+)$/.exec(host)?.[1] ?? null
  return usesContext(env) ? null : defaultSocket
}

/** Whether the client's configuration selects a context. If it cannot be read, the client reports the error. */
const usesContext = (env: Readonly<Record<string, string>>): boolean => {
  const folder = env["DOCKER_CONFIG"] || (env["HOME"] === undefined ? null : join(env["HOME"], ".docker"))
  if (folder === null) return false
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))
    return typeof config !== "object" || config === null || "currentContext" in config
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT")
  }
}

/** `missing`: the engine does not know the object. `unclear`: ask the client. */
export type EngineAnswer = { readonly _tag: "found" | "missing"; readonly text: string } | { readonly _tag: "unclear" }

const unclear: EngineAnswer = { _tag: "unclear" }
const answerAtMost = 16 * 1024 * 1024
/** If the engine takes longer, the client asks again, with a longer limit. */
const timeoutMs = 3000

/**
 * Counts as a heartbeat, like the start and end of a program (`process/Tool.ts`), since a step that waits for the
 * engine reads repeatedly.
 *
 * @param path as in the Engine API's reference, without a version: the engine answers with its newest.
 */
export const ask = Effect.fnUntraced(function* (socketPath: string, path: string) {
  const { beat } = yield* Heartbeat
  beat()
  // Loaded on first use, because loading takes longer than most commands run.
  const { request } = yield* Effect.promise(() => import("node:http"))
  const answer = yield* get(request, socketPath, path)
  beat()
  return answer
})

const get = (request: typeof http.request, socketPath: string, path: string): Effect.Effect<EngineAnswer> =>
  Effect.callback<EngineAnswer>((resume) => {
    const end = (answer: EngineAnswer) => {
      clearTimeout(limit)
      resume(Effect.succeed(answer))
    }
    const asked = request({ socketPath, path, headers: { host: "docker" }, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      let bytes = 0
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > answerAtMost) giveUp()
        else chunks.push(chunk)
      })
      response.on("error", () => end(unclear))
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        if (response.complete && response.statusCode === 200) end({ _tag: "found", text })
        else if (response.complete && response.statusCode === 404) end({ _tag: "missing", text })
        else end(unclear)
      })
    })
    // Check for the answer first: not every JavaScript runtime reports that a request was destroyed.
    const giveUp = () => {
      end(unclear)
      asked.destroy()
    }
    const limit = setTimeout(giveUp, timeoutMs)
    asked.on("error", () => end(unclear))
    asked.end()
    return Effect.sync(() => {
      clearTimeout(limit)
      asked.destroy()
    })
  })
