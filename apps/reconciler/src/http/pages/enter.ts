/** Signs a browser in: a code, once, for a session and its act key. */
import * as Clock from "effect/Clock"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { pageHeaders } from "../../pages/layout.ts"
import { signIn } from "../../pages/signIn.ts"
import { Serving } from "../Daemon.ts"
import { makeNonce } from "../nonce.ts"
import { lifetimes, makeTicket, readTicket, sessionCookie } from "../sessions.ts"
import { page, parameters } from "./respond.ts"

export const makeEnter = Effect.gen(function* () {
  const { token } = yield* Serving
  const random = yield* SecureRandom
  const started = yield* Clock.currentTimeMillis
  /** The codes that were used since then, until they would have ended by themselves. */
  const used = new Map<string, number>()
  return Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [nonce, until] of used) if (until < now) used.delete(nonce)
    const code = readTicket(token, "code", (yield* parameters).get("code") ?? "", now)
    // An earlier daemon may have taken an older code.
    const isOlder = code !== null && code.until - lifetimes.code < started
    if (code === null || isOlder || used.has(code.nonce)) return page("Sign in", signIn(true), { status: 401 })
    used.set(code.nonce, code.until)
    const nonce = yield* makeNonce(random)
    // A fragment goes to no server: only the page's own script reads the key.
    return HttpServerResponse.redirect(`/#act=${makeTicket(token, "act", now, nonce)}`, {
      status: 303,
      headers: { ...pageHeaders, "set-cookie": sessionCookie(makeTicket(token, "session", now, nonce)) }
    })
  })
})
