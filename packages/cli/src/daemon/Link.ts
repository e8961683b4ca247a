/** A request to the daemon's socket, and what comes back: events, log lines and progress as they happen, then the report. */
import type { IncomingMessage } from "node:http"
import { Actor, Observer } from "@lastgood/core/engine/Observer"
import type { Report, Request } from "@lastgood/core/engine/Request"
import { Progress } from "@lastgood/core/process/Progress"
import { claimWaitMs } from "@lastgood/reconciler/http/claimWait"
import { decodeLine, Hello, isRequested, type Line, type Order, paths, reportIn } from "@lastgood/reconciler/http/wire"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import own from "../../package.json" with { type: "json" }
import { StandardError } from "../Screen.ts"
import { answerOf, asked } from "./ask.ts"
import { DaemonLost, RefusedByDaemon } from "./errors.ts"

export interface Link {
  /**
   * As `Engine.run`. Interruption interrupts the daemon's work, and waits until it has ended.
   *
   * @param waitMs how long to wait for the claim, in milliseconds.
   */
  readonly run: (waitMs: number) => Effect.Effect<Report, RefusedByDaemon | DaemonLost>
}

/** A daemon that is stopped (SIGSTOP) or stuck accepts a connection, but does not answer. */
const helloWithin = "2 seconds"

const decodeHello = Schema.decodeUnknownOption(Schema.fromJsonString(Hello))

/** The lines of the answer. The queue ends with the connection, whatever ended it. */
const linesOf = Effect.fnUntraced(function* (socketPath: string, order: Order) {
  const lines = yield* Queue.unbounded<string, Cause.Done>()
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const sent = asked(socketPath, paths.act, JSON.stringify(order))
      const end = () => void Queue.endUnsafe(lines)
      sent.on("error", end)
      sent.on("close", end)
      sent.on("response", (response: IncomingMessage) => {
        let rest = ""
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const parts = (rest + chunk).split("\n")
          rest = parts.pop() ?? ""
          for (const part of parts) Queue.offerUnsafe(lines, part)
        })
        response.on("error", end)
        response.on("close", end)
      })
      return sent
    }),
    (sent) => Effect.sync(() => sent.destroy())
  )
  return lines
})

/** Shows what happens, and gives the end. null: there is more to come. */
const shown = Effect.fnUntraced(function* (app: string, line: Line) {
  switch (line._tag) {
    case "Begun":
      return null
    case "Recorded":
      yield* (yield* Observer)(app, line.event)
      return null
    case "Said": {
      const say = { info: Effect.logInfo, warning: Effect.logWarning, error: Effect.logError }
      yield* say[line.level](line.text)
      return null
    }
    case "Progress":
      yield* (yield* Progress).bytes(line.what, line.done, line.total)
      return null
    case "Report":
      return reportIn(line)
    case "Failed":
      return yield* new RefusedByDaemon({ tag: line.tag, reason: line.message, next: line.next, busy: line.busy })
    case "Interrupted":
      return yield* Effect.interrupt
    case "Bug":
      return yield* Effect.die(new Error(line.text))
  }
})

const performed = (socketPath: string, order: Order) =>
  Effect.gen(function* () {
    const begun = yield* Deferred.make<string>()
    const lines = yield* linesOf(socketPath, order)
    const reading = Effect.gen(function* () {
      while (true) {
        const text = yield* Effect.option(Queue.take(lines))
        if (Option.isNone(text)) return yield* new DaemonLost({ app: order.app })
        const line = yield* Effect.mapError(decodeLine(text.value), () => new DaemonLost({ app: order.app }))
        if (line._tag === "Begun") yield* Deferred.succeed(begun, line.act)
        const end = yield* shown(order.app, line)
        if (end !== null) return end
      }
    })
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const reader = yield* Effect.forkChild(reading)
        const interrupt = Effect.flatMap(Deferred.await(begun), (act) =>
          answerOf(socketPath, paths.interrupt, JSON.stringify({ act }))
        )
        return yield* restore(Fiber.join(reader)).pipe(
          Effect.onInterrupt(() => Effect.raceFirst(Effect.andThen(interrupt, Effect.never), Fiber.await(reader)))
        )
      })
    )
  }).pipe(Effect.scoped)

/** The daemon's offer to do this; null: it does not. */
export const offered = Effect.fnUntraced(function* (socketPath: string, config: string, app: string, request: Request) {
  if (!isRequested(request)) return null
  const query = new URLSearchParams({ app, config })
  const found = yield* answerOf(socketPath, `${paths.hello}?${query}`, null).pipe(Effect.timeoutOption(helloWithin))
  const hello = Option.flatMap(found, (answer) => (answer?.status === 200 ? decodeHello(answer.text) : Option.none()))
  if (Option.isNone(hello) || hello.value.version !== own.version || !hello.value.accepts) return null
  const actor = yield* Actor
  const progress = (yield* StandardError).columns() !== null
  const link: Link = {
    run: (waitMs) => performed(socketPath, { app, request, actor, waitMs: Math.max(waitMs, claimWaitMs), progress })
  }
  return link
})
