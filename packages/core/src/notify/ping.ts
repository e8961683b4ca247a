/** A dead man's switch (healthchecks.io and its like): a service that alerts when it hears nothing, or of a failure. */
import * as Effect from "effect/Effect"
import { testMessage } from "../domain/message.ts"
import { spoken } from "../health/problem.ts"
import { withoutSecrets } from "../secrets/Redact.ts"
import { AlertFailed } from "./AlertSink.ts"
import { NotSent } from "./NotSent.ts"

export type Signal = "start" | "success" | "fail"

const limitMs = 10_000

/** The signal is the last part of the path; none is a success. */
const urlFor = (url: string, signal: Signal): string => {
  const to = new URL(url)
  if (signal !== "success") to.pathname = `${to.pathname.replace(/\/$/, "")}/${signal}`
  return to.href
}

/** @param url a secret. */
export const ping = (url: string, signal: Signal): Effect.Effect<void, AlertFailed> =>
  Effect.promise(() => import("./Http.ts")).pipe(
    Effect.flatMap(({ send }) => {
      const request = { method: "GET", url: urlFor(url, signal), headers: {}, body: null }
      return send({ _tag: "Http", exchanges: () => [{ request }], isUnverified: false }, testMessage(""))
    }),
    Effect.timeoutOrElse({
      duration: limitMs,
      orElse: () => Effect.fail(new NotSent({ reason: `no answer within ${spoken(limitMs)}`, said: "" }))
    }),
    Effect.mapError(({ reason, said }) => {
      const parts = url.split(/[/?&=#@:]+/).filter((part) => part.length >= 8)
      return new AlertFailed({
        sink: "ping",
        reason: [reason, withoutSecrets(said, [url, ...parts])].filter((part) => part !== "").join(": ")
      })
    }),
    Effect.asVoid
  )
