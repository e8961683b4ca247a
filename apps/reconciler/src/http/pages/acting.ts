/** The confirm pages, and what their forms do. A session reads them; the forms need its act key too (`sessions.ts`). */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { advise, nextText } from "@lastgood/core/domain/Next"
import { Engine } from "@lastgood/core/engine/Engine"
import type { Report } from "@lastgood/core/engine/Request"
import * as Clock from "effect/Clock"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { hostName } from "../../namedApp.ts"
import { type Act, askedBy, isActName, subjectOf } from "../../pages/acts/Act.ts"
import { confirmPage } from "../../pages/acts/confirm.ts"
import { confirmOf } from "../../pages/acts/confirmOf.ts"
import { appPath } from "../../pages/address.ts"
import { actRefused, notFound } from "../../pages/signIn.ts"
import { alertsIn } from "../../reading/History.ts"
import { Pasts } from "../../reading/Pasts.ts"
import { Acts, type Problem } from "../Acts.ts"
import { usableApp } from "../apps.ts"
import { orRefused } from "../asProblem.ts"
import { Serving } from "../Daemon.ts"
import { makeNonce } from "../nonce.ts"
import { makeQueue } from "../queue.ts"
import { mayAct } from "../sessions.ts"
import { makeOnce } from "./once.ts"
import { page, parameters } from "./respond.ts"

/** The most plans at the same time, because each may start programs and ask remotes. */
const plansAtOnce = 4

/** The most that wait for that. */
const mostPlans = 32

/** What the script of the page gets. */
interface Answer {
  readonly status: number
  readonly body: { readonly to: string } | { readonly message: string; readonly next: string }
}

const refusal = (status: number, message: string, next = ""): Answer => ({ status, body: { message, next } })

const ofProblem = ({ detail, next, status }: Problem): Answer => refusal(status, detail ?? "it failed", next ?? "")

/** A report of what ended at once. */
const ofReport = (app: string, { outcome, why, next }: Report): Answer => {
  const isDone = ["recorded", "committed", "done", "recovered"].includes(outcome)
  if (isDone) return { status: 200, body: { to: app === hostName ? "/" : appPath(app) } }
  return refusal(409, why === "" ? outcome : why, next)
}

export const makeActing = Effect.gen(function* () {
  const { daemon, token } = yield* Serving
  const { read: pasts } = yield* Pasts
  const random = yield* SecureRandom
  const acts = yield* Acts
  const planning = makeQueue(yield* Semaphore.make(plansAtOnce), mostPlans)
  const once = yield* makeOnce<Answer>()
  const fresh = Layer.fresh(daemon.reading)

  /** The app and the act that a path names. Alerts without an app can be acknowledged too. */
  const named = Effect.gen(function* () {
    const { act = "", app = "" } = yield* HttpRouter.params
    const isKnown = (yield* daemon.configured).some(({ name }: ConfiguredApp) => name === app)
    const isOfHost = app === hostName && act === "acknowledge"
    return isActName(act) && (isKnown || isOfHost) ? { app, name: act } : null
  })

  /** What an upgrade would do; with the word of the operator about release notes, if it needs that. */
  const preview = ({ app, subject }: Act, fetch: boolean) =>
    Effect.gen(function* () {
      const usable = yield* usableApp(daemon, app)
      const engine = yield* Engine
      const request = { _tag: "Upgrade", to: subject === "" ? null : subject, trigger: "operator", fetch } as const
      const first = yield* engine.preview(usable, request)
      if (first.refusal?.gate !== "release-note") return { preview: first, asksNotes: false }
      const accepted = yield* engine.preview(usable, { ...request, fetch: false, acceptNotes: true })
      return { preview: accepted.action === "upgrade" ? accepted : first, asksNotes: accepted.action === "upgrade" }
    }).pipe(
      Effect.provide(fresh),
      planning,
      orRefused,
      Effect.catch(({ detail, next }) =>
        Effect.succeed({ preview: { why: detail ?? "it cannot be planned", next: next ?? "" }, asksNotes: false })
      )
    )

  const confirm = Effect.gen(function* () {
    const found = yield* named
    if (found === null) return page("No such page", notFound("of that name, or no such act"), { status: 404 })
    const query = yield* parameters
    const key = subjectOf[found.name]
    const act: Act = { ...found, subject: key === null ? "" : (query.get(key) ?? "").slice(0, 500) }
    const history = (yield* pasts).of(act.app)
    const planned =
      act.name === "upgrade" ? yield* preview(act, query.get("fetch") === "true") : { preview: null, asksNotes: false }
    const now = yield* Clock.currentTimeMillis
    const alerts = alertsIn(act.app, history)
    const told = confirmOf({ act, state: history.state, alerts, ...planned, now })
    const nonce = yield* makeNonce(random)
    return page(`${act.name} ${act.app}`, confirmPage({ ...told, once: nonce }))
  })

  const perform = (act: Act, fields: URLSearchParams): Effect.Effect<Answer> => {
    const asked = askedBy(act, fields)
    if ("wrong" in asked) return Effect.succeed(refusal(422, asked.wrong))
    const { app } = act
    if ("record" in asked) {
      return acts.record(app, asked.record).pipe(
        Effect.map((report) => ofReport(app, report)),
        Effect.catch((problem) => Effect.succeed(ofProblem(problem)))
      )
    }
    return acts.begin(app, asked.begin).pipe(
      Effect.map((begun): Answer => {
        if (begun._tag === "Ended") return ofReport(app, begun.report)
        const place = begun.attempt === null ? "" : `#attempt-${begun.attempt}`
        return { status: 202, body: { to: `${appPath(app)}${place}` } }
      }),
      Effect.catch((problem) => Effect.succeed(ofProblem(problem)))
    )
  }

  const answer = Effect.gen(function* () {
    const request = yield* HttpServerRequest
    if (!mayAct(token, request.headers, yield* Clock.currentTimeMillis)) {
      return refusal(
        403,
        "this browser may only read",
        nextText(null, advise`run ${{ do: "Dashboard" }} on the host and open the link`)
      )
    }
    const found = yield* named
    if (found === null) return refusal(404, "no such app or act")
    const fields = new URLSearchParams(yield* request.text)
    const key = subjectOf[found.name]
    const act: Act = { ...found, subject: key === null ? "" : (fields.get(key) ?? "") }
    const nonce = fields.get("once") ?? ""
    if (!/^[\w-]{24}$/.test(nonce)) return refusal(422, "the form cannot be read", "open it again")
    return yield* once(`${nonce} ${act.name} ${act.app} ${act.subject}`, perform(act, fields))
  })

  const act = Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest
    const { body, status } = yield* answer
    if ((headers["accept"] ?? "").includes("application/json") || status < 300) {
      return HttpServerResponse.jsonUnsafe(body, { status })
    }
    return page("Not done", actRefused("message" in body ? body.message : "", "next" in body ? body.next : ""), {
      status
    })
  })

  return { confirm, act }
})
