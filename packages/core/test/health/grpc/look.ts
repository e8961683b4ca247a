/** `look.ts <port>`: one look over TLS, as JSON. Which certificates are trusted is told to a process when it starts. */
import * as Effect from "effect/Effect"
import { grpc } from "../../../src/health/GrpcCheck.ts"
import { appOf } from "../../version/recipe.ts"
import { runtimeWith } from "../runtime.ts"

const address = { host: "127.0.0.1", port: Number(process.argv[2]), service: "", tls: true }
const app = appOf("/nowhere", "/nowhere/recipe")

const seen = await Effect.runPromise(
  grpc.look({ kind: "grpc", name: "grpc", ...address, timeoutMs: 5000 }, app, runtimeWith({}))
)
process.stdout.write(JSON.stringify(seen))
