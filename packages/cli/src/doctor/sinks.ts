/** Checks that somebody learns of an alert: a remote sink, and whether it took the last messages, by the log. */
import type { Config } from "@lastgood/core/config/Config"
import { hostName } from "@lastgood/core/domain/hostName"
import { Journal } from "@lastgood/core/engine/Journal"
import { remoteSinks } from "@lastgood/core/notify/AlertSinksLive"
import * as Effect from "effect/Effect"
import { time } from "../render/format.ts"
import { reading } from "../session.ts"
import { ok, orFail, warn } from "./Finding.ts"

const about = { app: null, what: "notifications" }

export const sinkFindings = Effect.fn("Doctor.sinks")(function* (config: Config) {
  const sinks = remoteSinks(config.notify)
  if (sinks.length === 0) {
    const next = `name where alerts go under notify: in ${config.file}, then run lastgood notify test`
    return [warn(about, `alerts only become files in ${config.root}/<app>/alerts`, next)]
  }
  return yield* Effect.gen(function* () {
    const { failing } = yield* Journal.use((journal) => journal.load(hostName))
    return sinks.map(({ name }) => {
      const found = failing.find(({ sink }) => sink === name)
      if (found === undefined) return ok(about, name)
      const seen = `${name} takes nothing since ${time(found.since)}: ${found.why}`
      return warn(about, seen, "correct its URL or its server, then run lastgood notify test")
    })
  }).pipe(Effect.provide(reading(config)), orFail(about))
})
