import { assert, describe, it } from "@effect/vitest"
import keycloak from "../src/keycloak.ts"
import { tryPlugin } from "../src/testkit.ts"

describe("the keycloak plugin", () => {
  it("asks the master realm at the app's domain", () => {
    const { app, refused } = tryPlugin(keycloak, { domain: "id.example.org" })
    assert.isNull(refused)
    assert.deepStrictEqual(app?.gate.checks, [
      {
        kind: "http",
        name: "http https://id.example.org/realms/master",
        url: "https://id.example.org/realms/master",
        status: 200,
        timeoutMs: 5000
      }
    ])
  })

  it("keeps scratch files of the providers out of snapshots", () => {
    assert.deepStrictEqual(tryPlugin(keycloak).app?.snapshot.filters, {
      providers: { include: [], exclude: ["tmp/**"] }
    })
  })
})
