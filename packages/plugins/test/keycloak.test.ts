import { assert, describe, it } from "@effect/vitest"
import keycloak from "../src/keycloak.ts"
import { tryPlugin } from "../src/testkit.ts"

const checksWith = (settings?: Record<string, unknown>) => {
  const { app, refused } = tryPlugin(keycloak, { domain: "id.example.org" }, settings)
  assert.isNull(refused)
  return app?.gate.checks ?? []
}

describe("the keycloak plugin", () => {
  it("checks readiness in the container, and realm and issuer at the app's domain", () => {
    const [ready, ...pages] = checksWith()
    assert.deepStrictEqual([ready?.kind, ready?.name], ["plugin", "Keycloak is ready"])
    const home = "https://id.example.org/realms/master"
    const discovery = `${home}/.well-known/openid-configuration`
    assert.deepStrictEqual(pages, [
      { kind: "http", name: `http ${home}`, url: home, status: 200, timeoutMs: 5000 },
      {
        kind: "http",
        name: `http ${discovery}`,
        url: discovery,
        status: 200,
        contains: `"issuer":"${home}"`,
        timeoutMs: 5000
      }
    ])
  })

  it("uses the settings for a path, another name, and no management port", () => {
    const settings = { url: "http://127.0.0.1:8080/auth/", realm: "my realm", management: false }
    const [home, discovery] = checksWith({ ...settings, issuer: "https://id.example.org/auth/realms/my%20realm" })
    assert.include(home, { url: "http://127.0.0.1:8080/auth/realms/my%20realm" })
    assert.include(discovery, { contains: '"issuer":"https://id.example.org/auth/realms/my%20realm"' })
    assert.include(checksWith({ management: "http://127.0.0.1:9000/auth" })[0], {
      url: "http://127.0.0.1:9000/auth/health/ready"
    })
  })

  it("refuses unknown settings", () => {
    const { refused } = tryPlugin(keycloak, {}, { admn: { user: "admin" } })
    assert.include(refused, "`admn`")
    assert.include(tryPlugin(keycloak, {}, { admin: { user: "a", passwordFile: "secret" } }).refused, "absolute path")
  })

  it("leaves nothing out of snapshots", () => {
    assert.deepStrictEqual(tryPlugin(keycloak).app?.snapshot.filters, {})
  })
})
