/** `look.ts <port>`: one look over TLS, as JSON. Which certificates are trusted is told to a process when it starts. */
import * as Effect from "effect/Effect"
import { run } from "../../../src/health/GrpcCheck.ts"

const address = { host: "127.0.0.1", port: Number(process.argv[2]), service: "", tls: true }

const seen = await Effect.runPromise(run({ kind: "grpc", name: "grpc", ...address, timeoutMs: 5000 }))
process.stdout.write(JSON.stringify(seen))
