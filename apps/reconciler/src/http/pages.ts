/** The pages for browsers. They only read, and need a session (`sessions.ts`) or, with `http.readOpen`, nothing. */
import { hostname } from "node:os"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import * as Clock from "effect/Clock"
import { layerWebCrypto, SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { appPage } from "../pages/app.ts"
import type { Html } from "../pages/html.ts"
import { icon, iconPath, pageHeaders, pageText, stylePath } from "../pages/layout.ts"
import { overview } from "../pages/overview.ts"
import { notFound, signIn, unavailable } from "../pages/signIn.ts"
import { style } from "../pages/style.ts"
import { alertsIn } from "../reading/History.ts"
import { Pasts } from "../reading/Pasts.ts"
import { snapshotsOf } from "../reading/snapshots.ts"
import { askedStandings } from "../reading/standings.ts"
import { authorized } from "./authorize.ts"
import { Serving } from "./Daemon.ts"
import { makeStandings } from "./Standings.ts"
import { makePass, readPass, sessionCookie } from "./sessions.ts"

const host = hostname()

const page = (title: string, body: Html, status = 200) =>
  HttpServerResponse.text(pageText({ title, body, host }), {
    status,
    contentType: "text/html; charset=utf-8",
    headers: pageHeaders
  })

const down = ({ message, next }: { readonly message: string; readonly next: string }) =>
  Effect.succeed(page("Not available", unavailable(message, next), 503))

/** Only for whoever may read; others are told how to. */
const forReaders = <E, R>(work: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.andThen(authorized, work).pipe(
    Effect.catchTag("Unauthorized", () => Effect.succeed(page("Sign in", signIn(false), 401)))
  )

const parameter = (url: string, name: string): string => new URL(url, "http://localhost").searchParams.get(name) ?? ""

export const PagesLive = Layer.unwrap(
  Effect.gen(function* () {
    const { daemon, token } = yield* Serving
    const random = yield* SecureRandom
    const { read: histories } = yield* Pasts
    const standings = yield* makeStandings(daemon)

    const all = Effect.gen(function* () {
      const { url } = yield* HttpServerRequest
      const apps = yield* daemon.configured
      const { of } = yield* histories
      const now = yield* Clock.currentTimeMillis
      const shown = {
        apps: yield* standings.all(apps, now),
        alerts: apps.flatMap(({ name }) => alertsIn(name, of(name)).filter(({ state }) => state === "open")),
        snapshots: new Map(
          apps.flatMap(({ name }) => {
            const newest = of(name).state.snapshots.at(-1)
            return newest === undefined ? [] : [[name, newest.at] as const]
          })
        ),
        onlyTrouble: parameter(url, "show") === "attention",
        now
      }
      return page("Apps", overview(shown))
    })

    const one = Effect.fnUntraced(
      function* (app: ConfiguredApp) {
        const { of } = yield* histories
        const now = yield* Clock.currentTimeMillis
        const { attempts, begun, state } = of(app.name)
        const [standing] = yield* askedStandings([app], now)
        if (standing === undefined) return page("No such app", notFound(app.name), 404)
        const snapshots = yield* snapshotsOf(app)
        const alerts = alertsIn(app.name, of(app.name))
        return page(
          app.name,
          appPage({ standing, attempts, begun, downtimes: state.downtimes, snapshots, alerts, now })
        )
      },
      Effect.provide(Layer.fresh(daemon.reading))
    )

    const named = Effect.gen(function* () {
      const { app = "" } = yield* HttpRouter.params
      const found = (yield* daemon.configured).find(({ name }) => name === app)
      return found === undefined ? page("No such app", notFound(app.slice(0, 100)), 404) : yield* one(found)
    })

    /** The codes that were used, until they would have ended by themselves. */
    const used = new Map<string, number>()
    const enter = Effect.gen(function* () {
      const { url } = yield* HttpServerRequest
      const now = yield* Clock.currentTimeMillis
      for (const [nonce, until] of used) if (until < now) used.delete(nonce)
      const code = readPass(token, "code", parameter(url, "code"), now)
      if (code === null || used.has(code.nonce)) return page("Sign in", signIn(true), 401)
      used.set(code.nonce, code.until)
      const nonce = Buffer.from(yield* random.randomBytes(18)).toString("base64url")
      return HttpServerResponse.redirect("/", {
        status: 303,
        headers: { ...pageHeaders, "set-cookie": sessionCookie(makePass(token, "session", now, nonce)) }
      })
    })

    const asset = (path: "/assets/style.css" | "/assets/icon.svg", contentType: string, text: string) => {
      const headers = { ...pageHeaders, "cache-control": "no-cache" }
      return HttpRouter.add("GET", path, Effect.succeed(HttpServerResponse.text(text, { contentType, headers })))
    }

    return Layer.mergeAll(
      HttpRouter.add("GET", "/", forReaders(Effect.catch(all, down))),
      HttpRouter.add("GET", "/apps/:app", forReaders(Effect.catch(named, down))),
      HttpRouter.add("GET", "/enter", enter),
      asset(stylePath, "text/css; charset=utf-8", style),
      asset(iconPath, "image/svg+xml", icon)
    )
  }).pipe(Effect.provide(layerWebCrypto))
)
