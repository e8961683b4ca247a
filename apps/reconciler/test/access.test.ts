import { assert, describe, it } from "@effect/vitest"
import { type Connection, isAllowed, isLoopback, refusalOf } from "../src/http/access.ts"

const local: Connection = { kind: "tcp", peer: "127.0.0.1" }
const socket: Connection = { kind: "socket", peer: null }
const incoming = (method: string, headers: Readonly<Record<string, string>>) => ({ method, headers })

describe("a request", () => {
  it.each(["127.0.0.1:8420", "127.0.0.1", "[::1]:8420", "[::1]", "localhost:8420", "LOCALHOST", "192.0.2.7:80"])(
    "may name the host as %s",
    (host) => assert.isNull(refusalOf(incoming("GET", { host }), local))
  )

  it.each([
    "evil.example",
    "evil.example:8420",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "[::1].evil.example",
    "localhost:8420, evil.example",
    "",
    "2130706433",
    "0x7f.1"
  ])("may not name it as %s", (host) => {
    assert.isNotNull(refusalOf(incoming("GET", { host }), local))
  })

  it("must name the host, except on the socket", () => {
    assert.isNotNull(refusalOf(incoming("GET", {}), local))
    assert.isNull(refusalOf(incoming("POST", {}), socket))
  })

  it("changes something only for lastgood's own page, or for a program", () => {
    const host = "127.0.0.1:8420"
    const post = (headers: Readonly<Record<string, string>>) => refusalOf(incoming("POST", { host, ...headers }), local)
    assert.isNull(post({}))
    assert.isNull(post({ origin: `http://${host}`, "sec-fetch-site": "same-origin" }))
    assert.isNotNull(post({ origin: "http://127.0.0.1:9000" }))
    assert.isNotNull(post({ origin: "null" }))
    assert.isNotNull(post({ "sec-fetch-site": "cross-site" }))
    assert.isNotNull(post({ origin: `http://${host}`, "sec-fetch-site": "same-site" }))
  })

  it("needs the token, except on the socket", () => {
    const rules = { token: "t".repeat(43), readOpen: false, hasSession: false }
    assert.isTrue(isAllowed({ method: "POST" }, local, rules.token, rules))
    assert.isFalse(isAllowed({ method: "GET" }, local, "", rules))
    assert.isFalse(isAllowed({ method: "GET" }, local, `${rules.token}t`, rules))
    assert.isTrue(isAllowed({ method: "POST" }, socket, "", rules))
  })

  it("reads without it from this host alone, if the configuration says so", () => {
    const rules = { token: "t".repeat(43), readOpen: true, hasSession: false }
    assert.isTrue(isAllowed({ method: "GET" }, local, "", rules))
    assert.isFalse(isAllowed({ method: "POST" }, local, "", rules))
    assert.isFalse(isAllowed({ method: "GET" }, { kind: "tcp", peer: "192.0.2.7" }, "", rules))
    assert.isFalse(isAllowed({ method: "GET" }, { kind: "tcp", peer: null }, "", rules))
  })
})

describe("a session", () => {
  it("reads, also from another host, and changes nothing", () => {
    const rules = { token: "t".repeat(43), readOpen: false, hasSession: true }
    const remote = { kind: "tcp", peer: "192.0.2.7" } as const
    for (const from of [local, remote]) {
      assert.isTrue(isAllowed({ method: "GET" }, from, "", rules))
      assert.isFalse(isAllowed({ method: "POST" }, from, "", rules))
    }
  })
})

describe("isLoopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.255.0.9", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["192.0.2.7", false],
    ["::ffff:192.0.2.7", false],
    ["127.evil.example", false]
  ])("%s: %s", (address, expected) => assert.strictEqual(isLoopback(address), expected))
})
