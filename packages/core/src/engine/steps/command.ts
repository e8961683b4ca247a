/** App up and healthy: runs the operator's command, once. Only the process that began the try knows the command. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type CommandEnd, Commands } from "../../command/Commands.ts"
import type { App, Release } from "../../domain/App.ts"
import { fromOf } from "../../domain/Attempt.ts"
import { type Event, make } from "../../domain/Event.ts"
import type { Ref } from "../../domain/Ref.ts"
import { interruption } from "../../domain/trying.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { millisSince, target, type Work } from "./Work.ts"

const environment = (
  app: App,
  ref: Ref,
  from: Ref | null,
  release: Release | null
): Readonly<Record<string, string>> => ({
  LASTGOOD_APP: app.name,
  LASTGOOD_STACK: app.stack,
  LASTGOOD_DOMAIN: app.domain,
  LASTGOOD_RUNTIME: app.runtime,
  LASTGOOD_VERSION: ref.version,
  LASTGOOD_COMMIT: ref.commit,
  LASTGOOD_LAST_GOOD: from?.version ?? "",
  LASTGOOD_RECIPE_DIR: release?.dir ?? "",
  LASTGOOD_ENV_FILE: release?.envFile ?? ""
})

const reasonOf = (program: string, { code, output, signal, timedOut }: CommandEnd, timeoutMs: number): string => {
  if (timedOut) return `${program} timed out after ${Math.round(timeoutMs / 1000)} s and was killed`
  if (signal !== null) return `${program} was killed by ${signal}`
  if (code === null) return `cannot start ${program}: ${output}`
  return code === 0 ? "" : `${program} exited with code ${code}`
}

export const command = Effect.fn("Step.command")(function* (work: Work) {
  const { app, attempt, command: asked } = work
  const ref = yield* target(work)
  if (asked === null) {
    const never: Event = make("StepFailed", {
      step: "command",
      error: "NotAsked",
      reason: "this lastgood process does not know the command of the try",
      next: ""
    })
    return [interruption(app.name, attempt) ?? never] as const
  }
  const release = yield* (yield* VersionSource).existing(app, ref)
  const start = yield* Clock.currentTimeMillis
  const end = yield* (yield* Commands).run(app, {
    argv: asked.argv,
    timeoutMs: asked.timeoutMs,
    env: environment(app, ref, fromOf(attempt), release),
    attempt: attempt.id,
    envFiles: [app.envFile, release?.envFile ?? null]
  })
  const { code, output, signal, timedOut } = end
  const reason = reasonOf(asked.argv[0], end, asked.timeoutMs)
  const ok = reason === ""
  const told = ok ? "" : output
  return [
    make("CommandEnded", { ok, code, signal, timedOut, tookMs: yield* millisSince(start), reason, output: told })
  ] as const
})
