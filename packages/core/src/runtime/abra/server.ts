/**
 * abra reaches each server over the docker context of its name. lastgood copies volumes of this host, so the server
 * must be this host. The engine's id tells, whatever the connection.
 */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import type { Docker } from "../docker/Docker.ts"
import type { Hazard } from "../Runtime.ts"
import { serverOf } from "./appFile.ts"

export const serverHazards = Effect.fn("Abra.serverHazards")(function* (docker: Docker, app: App) {
  const server = serverOf(app.envFile)
  const found: Array<Hazard> = []
  if (app.envFile === null) {
    found.push({
      kind: "missing-file",
      what: `abra has no file for the app: servers/<server>/${app.domain}.env is not in its folder`,
      next: `abra app new ${app.recipeName}, or set the file with \`env\` of the app in lastgood.yaml`
    })
  }
  if (server === "default") return found
  const idOf = (...before: ReadonlyArray<string>) =>
    Effect.map(docker.run([...before, "info", "--format", "{{.ID}}"], { timeoutMs: askTimeoutMs }), ({ stdout }) =>
      stdout.trim()
    )
  const there = yield* Effect.result(idOf("--context", server))
  if (there._tag === "Failure") {
    found.push({
      kind: "other-server",
      what: `the server ${server} cannot be reached over its docker context: ${there.failure.reason}`,
      next: `make this work: docker --context ${server} info (abra server add ${server})`
    })
  } else if (there.success === "" || there.success !== (yield* idOf())) {
    found.push({
      kind: "other-server",
      what: `the app is on the server ${server}, so its volumes are not on this host`,
      next: `run lastgood on ${server}`
    })
  }
  return found
})

const askTimeoutMs = 30_000
