/** Stands in for a lastgood that was started by the app itself: tries to take the app down and prints what it is told. */
import { readFileSync } from "node:fs"
import { makeLocalRuntime } from "@lastgood/core/runtime/local/LocalRuntime"
import * as Effect from "effect/Effect"

const app = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"))

const said = await Effect.runPromise(
  Effect.flatMap(makeLocalRuntime, (runtime) => runtime.undeploy(app, 2000, [])).pipe(
    Effect.match({ onFailure: (error) => error.message, onSuccess: () => "taken down" })
  )
)
process.stdout.write(`${said}\n`)
