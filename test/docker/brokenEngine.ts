/** The real engine through a socket of its own, which fails one kind of question: for lastgood and for a docker client alike. */
import { createServer, request } from "node:http"
import { join } from "node:path"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

/** The only version of its API that the engine's own client speaks: with it said, lastgood asks through the client. */
export const clientOnly = Effect.map(
  run("docker", ["version", "--format", "{{.Server.APIVersion}}"]),
  ({ stdout }): Readonly<Record<string, string>> => ({ DOCKER_API_VERSION: stdout.trim() })
)

/**
 * @param folder where its socket may lie
 * @param isBroken by the path of the question, without the API's version
 * @returns the environment in which this is the engine
 */
export const engineThat = (folder: string, isBroken: (path: string) => boolean) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly close: () => Promise<void>; readonly env: Readonly<Record<string, string>> }>(
      (resume) => {
        const path = join(folder, "engine.sock")
        const server = createServer((asked, answer) => {
          if (isBroken((asked.url ?? "").replace(/^\/v[\d.]+/, ""))) {
            answer.writeHead(503, { "content-type": "application/json" })
            answer.end('{"message": "rpc error: code = Unavailable"}')
            return
          }
          const { headers, method, url } = asked
          const passed = request({ socketPath: "/var/run/docker.sock", path: url, method, headers }, (response) => {
            answer.writeHead(response.statusCode ?? 500, response.headers)
            response.pipe(answer)
          })
          passed.on("error", () => answer.destroy())
          asked.pipe(passed)
        }).listen(path, () =>
          resume(
            Effect.succeed({
              env: { DOCKER_HOST: `unix://${path}` },
              close: () =>
                new Promise<void>((resolve) => {
                  server.close(() => resolve())
                  server.closeAllConnections()
                })
            })
          )
        )
      }
    ),
    ({ close }) => Effect.promise(close)
  ).pipe(Effect.map(({ env }) => env))
