/**
 * The paths with which a command of lastgood works through the daemon of its root. They are on the socket alone, which is for
 * its owner, and for the same version of lastgood (`wire.ts`), so they are not part of the API.
 */
import { daemonOf } from "@lastgood/core/claim/daemonLock"
import { troubleWithFolder } from "@lastgood/core/config/ownFolders"
import { messageOf } from "@lastgood/core/domain/messageOf"
import type { Report } from "@lastgood/core/engine/Request"
import { Progress } from "@lastgood/core/process/Progress"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest, schemaBodyJson } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { failureOf, isBusy, type Tagged } from "../failureOf.ts"
import { logMessage } from "../logMessage.ts"
import { Acts, type How } from "./Acts.ts"
import { BadRequest, NotFound } from "./api/problems.ts"
import { Serving, Via } from "./Daemon.ts"
import { type Hello, type Line, lineOf, Order, paths, type Sees } from "./wire.ts"

/** Milliseconds between two lines about the same progress. */
const progressEveryMs = 100

/** Lines that a command has not read yet, because its terminal is stopped. Beyond that, progress is left out. */
const mostUnread = 1000

const onSocket = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    if ((yield* Via) !== "socket") return yield* new NotFound({ detail: "no such path" })
    return yield* work
  })

const orInvalid = <A, R>(body: Effect.Effect<A, unknown, R>) =>
  Effect.mapError(body, () => new BadRequest({ detail: "the request is not valid" }))

const levels = { Info: "info", Warn: "warning", Error: "error", Fatal: "error" } as const

const hasLevel = (level: string): level is keyof typeof levels => Object.hasOwn(levels, level)

/** Also to the daemon's own log. */
const saying = (say: (line: Line) => void) =>
  Logger.layer(
    [
      Logger.make(({ cause, logLevel, message }) => {
        if (!hasLevel(logLevel)) return
        say({ _tag: "Said", level: levels[logLevel], text: logMessage({ cause, message }) })
      })
    ],
    { mergeWithExisting: true }
  )

const endOf = (exit: Exit.Exit<Report, Tagged>): Line => {
  if (Exit.isSuccess(exit)) return { _tag: "Report", report: exit.value }
  const failed = exit.cause.reasons.find(Cause.isFailReason)
  if (failed !== undefined) {
    const { message, next, tag } = failureOf(failed.error)
    return { _tag: "Failed", tag, message, next, busy: isBusy(failed.error) }
  }
  const bug = exit.cause.reasons.find(Cause.isDieReason)
  if (bug === undefined) return { _tag: "Interrupted" }
  return { _tag: "Bug", text: messageOf(bug.defect) }
}

/** Answers with a line for each event, and with the end. The act goes on if the command has gone. */
const act = Effect.gen(function* () {
  const acts = yield* Acts
  const order = yield* orInvalid(schemaBodyJson(Order))
  const lines = yield* Queue.unbounded<Line, Cause.Done>()
  const say = (line: Line): void => void Queue.offerUnsafe(lines, line)
  let shown = 0
  const progress: Progress = {
    bytes: (what, done, total) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const isLast = total > 0 && done === total
        if (!order.progress || (!isLast && (now - shown < progressEveryMs || Queue.sizeUnsafe(lines) > mostUnread)))
          return
        shown = now
        say({ _tag: "Progress", what, done, total })
      })
  }
  const { actor, waitMs } = order
  const how: How = { actor, waitMs, hear: (event) => Effect.sync(() => say({ _tag: "Recorded", event })) }
  const { act, end } = yield* acts
    .perform(order.app, order.request, how)
    .pipe(Effect.provideService(Progress, progress), Effect.provide(saying(say)))
  const told = Stream.make<[Line]>({ _tag: "Begun", act }).pipe(
    Stream.concat(Stream.fromQueue(lines)),
    Stream.map(lineOf),
    Stream.encodeText,
    Stream.ensuring(Queue.shutdown(lines))
  )
  yield* Effect.forkDetach(
    Effect.flatMap(end, (exit) => {
      say(endOf(exit))
      return Queue.end(lines)
    })
  )
  return HttpServerResponse.stream(told, { contentType: "application/x-ndjson" })
})

const hello = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const { url } = yield* HttpServerRequest
  const asked = new URL(url, "http://localhost").searchParams
  const app = yield* daemon.current(asked.get("app") ?? "")
  const answer: typeof Hello.Type = {
    version: daemon.version,
    accepts: app !== null && asked.get("config") === daemon.file
  }
  return HttpServerResponse.jsonUnsafe(answer)
})

/** For all apps, or for one. LAW-17: not if another user could have written to the folder of one by now. */
const sees = Effect.gen(function* () {
  const { daemon } = yield* Serving
  const { url } = yield* HttpServerRequest
  const asked = new URL(url, "http://localhost").searchParams
  const name = asked.get("app")
  const digest = yield* daemon.digest
  const apps = (yield* daemon.configured).filter((app) => name === null || app.name === name)
  const isSame = asked.get("config") === daemon.file && asked.get("digest") === digest
  const answer: typeof Sees.Type = {
    version: daemon.version,
    sees: isSame && apps.every((app) => troubleWithFolder(app, true) === null),
    daemon: yield* daemonOf(daemon.root)
  }
  return HttpServerResponse.jsonUnsafe(answer)
})

const Act = Schema.Struct({ act: Schema.String })

const interrupt = Effect.gen(function* () {
  const { act } = yield* orInvalid(schemaBodyJson(Act))
  yield* (yield* Acts).interrupt(act)
  return HttpServerResponse.empty()
})

export const CommandsLive = Layer.mergeAll(
  HttpRouter.add("GET", paths.hello, onSocket(hello)),
  HttpRouter.add("GET", paths.sees, onSocket(sees)),
  HttpRouter.add("POST", paths.act, onSocket(act)),
  HttpRouter.add("POST", paths.interrupt, onSocket(interrupt))
)
