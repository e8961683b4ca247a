import { assert, describe, it } from "@effect/vitest"
import generic from "../src/generic.ts"
import { tryPlugin } from "../src/testkit.ts"

const namesWith = (settings?: Record<string, unknown>) => {
  const { app, refused } = tryPlugin(generic, { domain: "a.example.org" }, settings)
  assert.isNull(refused)
  return app?.gate.checks.map(({ name }) => name)
}

describe("the generic plugin", () => {
  it("checks the app's first page by default", () => {
    assert.deepStrictEqual(namesWith(), ["http https://a.example.org/"])
    assert.deepStrictEqual(namesWith({ url: "http://127.0.0.1:8080/x/" }), ["http http://127.0.0.1:8080/x/"])
    assert.deepStrictEqual(namesWith({ tcp: ["127.0.0.1:25"] }), ["tcp 127.0.0.1:25"])
  })

  it("runs all configured checks", () => {
    const settings = {
      http: [
        { path: "/up", status: 204 },
        { path: "/", contains: "welcome" }
      ],
      tcp: ["[::1]:25"],
      grpc: [{ address: "127.0.0.1:50051" }, { address: "rpc:443", service: "shop.Cart", tls: true }],
      exec: { web: "test -s /x" },
      databases: { db: "postgres", cache: "redis" }
    }
    const { app } = tryPlugin(generic, { domain: "a.example.org" }, settings)
    assert.deepStrictEqual(
      app?.gate.checks.map(({ name }) => name),
      [
        "http https://a.example.org/up",
        "http https://a.example.org/",
        "tcp [::1]:25",
        "grpc 127.0.0.1:50051",
        "grpc rpc:443 shop.Cart",
        "exec test",
        "PostgreSQL in db",
        "Redis in cache"
      ]
    )
    const [up, page, , , rpc, inside] = app?.gate.checks ?? []
    assert.include(up, { status: 204 })
    assert.include(page, { status: 200, contains: "welcome" })
    assert.include(rpc, { service: "shop.Cart", tls: true })
    assert.include(inside, { service: "web", command: "test -s /x" })
  })
})
