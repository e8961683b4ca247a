/** The app that a path names. */
import * as Effect from "effect/Effect"
import { Unprocessable } from "./api/problems.ts"
import { unknownApp } from "./asProblem.ts"
import type { Daemon } from "./Daemon.ts"

/** An app of the configuration, usable or not. */
export const configuredApp = Effect.fnUntraced(function* ({ configured }: Pick<Daemon, "configured">, name: string) {
  const apps = yield* configured
  const found = apps.find((app) => app.name === name)
  if (found !== undefined) return found
  return yield* unknownApp(
    name,
    apps.map((app) => app.name)
  )
})

/** An app that lastgood works on, with its plugin. */
export const usableApp = Effect.fnUntraced(function* (daemon: Pick<Daemon, "configured" | "current">, name: string) {
  yield* configuredApp(daemon, name)
  const app = yield* daemon.current(name)
  if (app !== null) return app
  return yield* new Unprocessable({
    detail: `lastgood does not work on ${name}: its configuration is not usable`,
    next: "read its alerts"
  })
})
