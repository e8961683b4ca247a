/** A client for a host on which no engine answers: it finds nothing there. What needs no engine goes on working. */
import * as Effect from "effect/Effect"
import type { Docker } from "./Docker.ts"
import { decodeJson } from "./decodeJson.ts"

export const withoutEngine = (docker: Docker): Docker => ({
  ...docker,
  ids: () => Effect.succeed([]),
  taskIds: () => Effect.succeed([]),
  all: () => Effect.succeed([]),
  inspect: () => Effect.succeed([]),
  networkNames: Effect.succeed(new Map()),
  info: (schema) =>
    Effect.mapError(decodeJson(schema, "{}"), (what) => docker.failed(`no engine answers: ${what}`, "start Docker")),
  withSecrets: (more) => withoutEngine(docker.withSecrets(more))
})
