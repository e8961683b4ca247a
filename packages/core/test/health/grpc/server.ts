/** The real gRPC server of `main.go`, gone with the scope. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execaSync } from "execa"
import type { Certificate } from "../servers.ts"

/** A port for each way to answer. `bare`: without the health protocol. */
const Ports = Schema.Struct({
  health: Schema.Int,
  bare: Schema.Int,
  tls: Schema.Int,
  silent: Schema.Int,
  failing: Schema.Int
})

const built = execaSync(`${import.meta.dirname}/build.sh`, { reject: false, timeout: 600_000 })

/** What this host lacks; null: nothing. */
export const whyNoGrpcServer: string | null = built.failed
  ? `the gRPC server cannot be built: ${(built.stderr || built.shortMessage || "").slice(0, 500)}`
  : null

export const grpcServer = ({ cert, key }: Certificate) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(String(built.stdout), [cert, key], { stdio: ["pipe", "pipe", "inherit"] })),
    (server) =>
      Effect.callback<void>((resume) => {
        server.on("exit", () => resume(Effect.void))
        server.stdin.end()
      })
  ).pipe(
    Effect.flatMap((server) =>
      Effect.callback<string>((resume) => {
        createInterface(server.stdout).once("line", (line) => resume(Effect.succeed(line)))
      })
    ),
    Effect.flatMap(Schema.decodeEffect(Schema.fromJsonString(Ports)))
  )
