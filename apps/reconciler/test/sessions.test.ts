import { assert, describe, it } from "@effect/vitest"
import { actHeader, lifetimes, makeTicket, mayAct, readTicket, sessionCookie, sessionIn } from "../src/http/sessions.ts"

const token = "t".repeat(43)
const nonce = "n".repeat(24)
const now = Date.parse("2026-11-30T03:00:00Z")

describe("a ticket", () => {
  it("is valid until its time is over, for its purpose and its token alone", () => {
    const pass = makeTicket(token, "session", now, nonce)
    const until = now + lifetimes.session
    assert.deepStrictEqual(readTicket(token, "session", pass, now), { nonce, until })
    assert.isNotNull(readTicket(token, "session", pass, until - 1))
    assert.isNull(readTicket(token, "session", pass, until))
    // A clock that was set back does not make it last longer.
    assert.isNull(readTicket(token, "session", pass, now - 1))
    assert.isNull(readTicket(token, "code", pass, now))
    assert.isNull(readTicket("u".repeat(43), "session", pass, now))
  })

  it("is not valid with any other character", () => {
    const pass = makeTicket(token, "code", now, nonce)
    for (let index = 0; index < pass.length; index++) {
      const other = pass[index] === "A" ? "B" : "A"
      const changed = `${pass.slice(0, index)}${other}${pass.slice(index + 1)}`
      // The last character has bits that are not part of the signature.
      if (index < pass.length - 1) assert.isNull(readTicket(token, "code", changed, now), changed)
    }
    for (const text of ["", ".", "..", `${pass}.`, pass.slice(0, -1), ` ${pass}`]) {
      assert.isNull(readTicket(token, "code", text, now), text)
    }
  })

  it("is found among the cookies of other programs", () => {
    const pass = makeTicket(token, "session", now, nonce)
    const [pair = ""] = sessionCookie(pass).split("; ")
    assert.strictEqual(sessionIn(`a=1; ${pair}; b=2`), pass)
    assert.isNull(sessionIn("x-lastgood-session=1"))
    assert.isNull(sessionIn(undefined))
  })
})

/** Verifies: LAW-17 */
describe("a browser", () => {
  it("may act with a session and the act key of that session, and with nothing less", () => {
    const [cookie = ""] = sessionCookie(makeTicket(token, "session", now, nonce)).split("; ")
    const key = makeTicket(token, "act", now, nonce)
    const may = (headers: Readonly<Record<string, string>>, at = now) => mayAct(token, headers, at)
    assert.isTrue(may({ cookie, [actHeader]: key }))
    assert.isFalse(may({ cookie }))
    assert.isFalse(may({ [actHeader]: key }))
    assert.isFalse(may({ cookie, [actHeader]: makeTicket(token, "act", now, "m".repeat(24)) }))
    // The cookie, which other programs may learn, is not a key.
    assert.isFalse(may({ cookie, [actHeader]: makeTicket(token, "session", now, nonce) }))
    assert.isFalse(may({ cookie: `${cookie.split("=")[0]}=${key}`, [actHeader]: key }))
    assert.isFalse(may({ cookie, [actHeader]: key }, now + lifetimes.act))
    assert.isFalse(mayAct("u".repeat(43), { cookie, [actHeader]: key }, now))
  })
})
